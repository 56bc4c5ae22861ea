"""Reads of webhooks: the list with its health, one webhook's deliveries, one delivery, the deliveries of calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Subquery, func, literal, select, union_all
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from portal.kernel.among import among
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import Cursor, Page
from portal.webhooks.models import (
    DeliveryAttempt,
    DeliveryState,
    EventType,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)

_SHORT = (
    DeliveryAttempt.number,
    DeliveryAttempt.started_at,
    DeliveryAttempt.status,
    DeliveryAttempt.failure,
    DeliveryAttempt.phases,
)
"""What the page of a call shows of each try."""
HEALTH_LENGTH = 20
MOST_WAITING = 1000
"""A backlog is counted up to here: "more than" says enough, and costs the same however long it is."""
_BARS = {
    DeliveryState.DELIVERED: "ok",
    DeliveryState.WAITING: "retry",
    DeliveryState.SENDING: "retry",
    DeliveryState.FAILED: "fail",
    DeliveryState.EXPIRED: "fail",
    DeliveryState.CANCELLED: "none",
}


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook with what became of its last deliveries."""

    webhook: WebhookSubscription
    bars: tuple[str, ...]
    """Of the last 20, oldest first: `ok`, `retry` (on its way), `fail`, `none` (cancelled)."""
    delivered: int
    last_status: int | None
    last_failure: str | None
    last_attempt_at: datetime | None

    @property
    def is_failing(self) -> bool:
        """Whether the last try came to nothing."""
        return self.last_attempt_at is not None and not (
            self.last_failure is None and self.last_status is not None and 200 <= self.last_status < 300
        )


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries of a webhook; None: any."""

    state: DeliveryState | None = None
    api_call_id: str | None = None
    event: EventType | None = None
    since: datetime | None = None
    until: datetime | None = None


def webhook_list() -> list[WebhookRow]:
    """The account's webhooks in the order in which they were added."""
    return webhook_rows(
        db.session.scalars(
            select(WebhookSubscription).where(WebhookSubscription.removed_at.is_(None)).order_by(WebhookSubscription.id)
        ).all()
    )


def webhook_rows(hooks: Sequence[WebhookSubscription]) -> list[WebhookRow]:
    """These webhooks, each with what became of its last deliveries; one query for all."""
    latest = _latest([hook.id for hook in hooks])
    return [_row(hook, latest[hook.id]) for hook in hooks]


def webhook_row(webhook_id: int) -> WebhookRow:
    """One webhook, also one that was removed: its deliveries stay readable. Raises `NotFound`."""
    hook = db.session.scalar(select(WebhookSubscription).where(WebhookSubscription.id == webhook_id))
    if hook is None:
        raise NotFound(_("There is no such webhook."))
    return _row(hook, _latest([hook.id])[hook.id])


def waiting_count(webhook_id: int) -> int:
    """How many deliveries wait, up to `MOST_WAITING` + 1."""
    return waiting_counts([webhook_id])[webhook_id]


def waiting_counts(webhook_ids: Collection[int]) -> dict[int, int]:
    """The same of each of these, asked at once."""
    counts = [select(literal(webhook_id), func.count()).select_from(_waiting(webhook_id)) for webhook_id in webhook_ids]
    return dict(db.session.execute(union_all(*counts)).all()) if counts else {}


def _waiting(webhook_id: int) -> Subquery:
    waiting = select(WebhookDelivery.id).where(
        WebhookDelivery.subscription_id == webhook_id, WebhookDelivery.state == DeliveryState.WAITING
    )
    return waiting.limit(MOST_WAITING + 1).subquery()


def delivery_page(
    webhook_id: int, chosen: DeliveryFilter, cursor: Cursor | None = None, limit: int = 25
) -> Page[WebhookDelivery]:
    """At most `limit` deliveries with their events, newest first, after the cursor's (or before it, going back)."""
    is_back = cursor is not None and cursor.backwards
    query = select(WebhookDelivery).where(WebhookDelivery.subscription_id == webhook_id)
    if chosen.state is not None:
        query = query.where(WebhookDelivery.state == chosen.state)
    if chosen.since is not None:
        query = query.where(WebhookDelivery.created_at >= chosen.since)
    if chosen.until is not None:
        query = query.where(WebhookDelivery.created_at < chosen.until)
    if chosen.api_call_id is not None:
        query = query.where(
            WebhookDelivery.event_id.in_(select(WebhookEvent.id).where(WebhookEvent.api_call_id == chosen.api_call_id))
        )
    if chosen.event is not None:
        query = query.join(WebhookDelivery.event).where(WebhookEvent.type == chosen.event)
    if cursor is not None:
        (key,) = cursor.key
        query = query.where(WebhookDelivery.id > key if is_back else WebhookDelivery.id < key)
    order = WebhookDelivery.id.asc() if is_back else WebhookDelivery.id.desc()
    found = db.session.scalars(query.options(joinedload(WebhookDelivery.event)).order_by(order).limit(limit + 1)).all()
    rows = found[:limit][::-1] if is_back else found[:limit]
    has_more = len(found) > limit
    has_older, has_newer = (True, has_more) if is_back else (has_more, cursor is not None)
    return Page(
        rows,
        next=Cursor((rows[-1].id,)).encode() if rows and has_older else None,
        previous=Cursor((rows[0].id,), backwards=True).encode() if rows and has_newer else None,
    )


def find_delivery(webhook_id: int, delivery_id: int) -> WebhookDelivery | None:
    """One delivery of this webhook with its event and every attempt, the latest first; None where there is none."""
    return db.session.scalar(
        select(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.subscription_id == webhook_id)
        .options(joinedload(WebhookDelivery.event), selectinload(WebhookDelivery.tries))
    )


# Built once, for each page of the log.
_OF_CALLS = (
    select(WebhookDelivery)
    .join(WebhookDelivery.event)
    .where(among(WebhookEvent.api_call_id, "api_call_ids"))
    .options(
        contains_eager(WebhookDelivery.event),
        joinedload(WebhookDelivery.subscription),
        selectinload(WebhookDelivery.tries).load_only(*_SHORT),
    )
    .order_by(WebhookDelivery.id)
)


def deliveries_of_calls(api_call_ids: Collection[str]) -> dict[str, list[WebhookDelivery]]:
    """The deliveries of each call that has any, with event and webhook, in the order in which they arose."""
    found: dict[str, list[WebhookDelivery]] = defaultdict(list)
    for delivery in db.session.scalars(_OF_CALLS, {"api_call_ids": list(api_call_ids)}):
        found[delivery.event.api_call_id].append(delivery)
    return dict(found)


def _latest(webhook_ids: Collection[int]) -> dict[int, list[WebhookDelivery]]:
    """The last 20 deliveries of each webhook, oldest first, in one query that reads no others."""
    older = aliased(WebhookDelivery)
    first_shown = (
        select(older.id)
        .where(older.subscription_id == WebhookSubscription.id)
        .order_by(older.id.desc())
        .limit(1)
        .offset(HEALTH_LENGTH - 1)
        .scalar_subquery()
    )
    rows = db.session.scalars(
        select(WebhookDelivery)
        .join(WebhookSubscription, WebhookSubscription.id == WebhookDelivery.subscription_id)
        .where(WebhookSubscription.id.in_(webhook_ids), WebhookDelivery.id >= func.coalesce(first_shown, 0))
        .order_by(WebhookDelivery.id)
    )
    latest: dict[int, list[WebhookDelivery]] = defaultdict(list)
    for delivery in rows:
        latest[delivery.subscription_id].append(delivery)
    return latest


def _row(hook: WebhookSubscription, latest: Sequence[WebhookDelivery]) -> WebhookRow:
    tried = [delivery for delivery in latest if delivery.last_attempt_at is not None]
    last = max(tried, key=lambda delivery: delivery.last_attempt_at or hook.created_at, default=None)
    return WebhookRow(
        webhook=hook,
        bars=tuple(_BARS[delivery.state] for delivery in latest),
        delivered=sum(delivery.state == DeliveryState.DELIVERED for delivery in latest),
        last_status=last.last_status if last else None,
        last_failure=last.last_failure if last else None,
        last_attempt_at=last.last_attempt_at if last else None,
    )
