"""Many at once: what failed since a moment, and the calls of a period that never reached the receiver."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import selectinload

from portal.accounts.audit import audit
from portal.calls.missed import missed_calls
from portal.calls.models import CallLeg, CallRecord
from portal.kernel.clock import now
from portal.kernel.db import announce, db, ring
from portal.kernel.errors import Conflict
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import random_word
from portal.webhooks.models import (
    DeliveryState,
    EventType,
    Lane,
    SubscriptionState,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from portal.webhooks.outbox import BELL, event_of, recorded_calls
from portal.webhooks.sending.schedule import LASTING
from portal.webhooks.services import find_webhook, subject_of

BATCH = 500
"""Calls of one transaction: others write between two of them."""
LONGEST_CALL = timedelta(hours=24)
MOST_LOOKED_AT = 20_000
"""Calls that one look at a period goes through: each of them is looked for among the deliveries."""
MOST_COUNTED = 1000
"""What failed is counted up to here: "more than" says enough, and costs the same however much there is."""
_WELL = (DeliveryState.DELIVERED, DeliveryState.WAITING, DeliveryState.SENDING)
_LOST = (DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.CANCELLED)


def failed_count(webhook_id: int, since: datetime) -> int:
    """How many of its deliveries since then were given up, counted up to `MOST_COUNTED` and one."""
    failed = select(WebhookDelivery.id).where(_failed(webhook_id, since)).limit(MOST_COUNTED + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(failed)) or 0


def repeat_failed(webhook_id: int, since: datetime) -> int:
    """Each of them gets a whole new round of tries, under its own `webhook-id`; answers how many. Raises `Conflict`."""
    hook = _sending(webhook_id)
    changed = db.session.execute(
        update(WebhookDelivery)
        .where(_failed(webhook_id, since))
        .values(**_anew())
        .execution_options(synchronize_session=False)
    )
    count = int(changed.rowcount)  # type: ignore[attr-defined]
    audit("webhook.repeat-failed", subject_of(hook), after={"since": since.isoformat(), "count": count})
    _tell()
    return count


def unreached_count(hook: WebhookSubscription, since: datetime, until: datetime, most: int | None = None) -> int:
    """How many calls that ended in the period have neither arrived there nor are on their way; counted up to `most`."""
    calls = _unreached(hook, since, until).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(calls)) or 0


def looked_at(since: datetime, until: datetime) -> datetime | None:
    """How far one look at this period goes, where it holds more than `MOST_LOOKED_AT` calls; None where it holds less.

    A whole minute, after `since`, as the fields of a page name moments: the next look begins there.
    """
    ended = (CallRecord.ended_at >= since, CallRecord.ended_at < until)
    beyond = db.session.scalar(
        select(CallRecord.started_at)
        .where(CallRecord.started_at >= since - LONGEST_CALL, CallRecord.started_at < until, *ended)
        .order_by(CallRecord.started_at, CallRecord.id)
        .offset(MOST_LOOKED_AT)
        .limit(1)
    )
    if beyond is None:
        return None
    end = max(beyond, since + timedelta(minutes=1)).replace(second=0, microsecond=0)
    return end if end < until else None


def send_unreached(webhook_id: int, since: datetime, until: datetime) -> int:
    """Writes deliveries for at most `BATCH` of them, the oldest first; answers how many. Raises `Conflict`.

    Their events are made from the calls' records where nobody had noted any.
    """
    hook = _sending(webhook_id)
    calls = db.session.scalars(
        _calls_of(_unreached(hook, since, until)).options(selectinload(CallRecord.legs)).limit(BATCH)
    ).all()
    if not calls:
        return 0
    events = _events(hook.event, calls)
    present = _deliveries(hook, [event.id for event in events.values()])
    for call in calls:
        event = events[call.api_call_id]
        delivery = present.get(event.id)
        if delivery is None:
            db.session.add(_delivery(hook, event))
            continue
        for name, value in _anew().items():
            setattr(delivery, name, value)
    audit("webhook.catch-up", subject_of(hook), after={"count": len(calls), "since": since.isoformat()})
    _tell()
    return len(calls)


def _sending(webhook_id: int) -> WebhookSubscription:
    hook = find_webhook(webhook_id)
    if hook.state != SubscriptionState.ACTIVE:
        raise Conflict(_("This webhook is not sending now: resume it first."))
    if hook.event not in LASTING:
        raise Conflict(_("What rang back then is worth nothing now: it is not sent again in bulk."))
    return hook


def _failed(webhook_id: int, since: datetime) -> ColumnElement[bool]:
    return and_(
        WebhookDelivery.subscription_id == webhook_id,
        WebhookDelivery.state == DeliveryState.FAILED,
        WebhookDelivery.created_at >= since,
        WebhookDelivery.is_test.is_(False),
    )


def _unreached(hook: WebhookSubscription, since: datetime, until: datetime) -> Select[int]:
    well = exists().where(
        WebhookDelivery.subscription_id == hook.id,
        WebhookDelivery.state.in_(_WELL),
        WebhookDelivery.is_test.is_(False),
        WebhookEvent.id == WebhookDelivery.event_id,
        WebhookEvent.account_id == WebhookDelivery.account_id,
        WebhookEvent.account_id == CallRecord.account_id,
        WebhookEvent.api_call_id == CallRecord.api_call_id,
        WebhookEvent.type == hook.event,
    )
    return (
        select(CallRecord.id)
        .where(
            # The index knows when calls began.
            CallRecord.started_at >= since - LONGEST_CALL,
            CallRecord.started_at < until,
            CallRecord.ended_at >= since,
            CallRecord.ended_at < until,
            *_concerned(hook),
            ~well,
        )
        .order_by(CallRecord.started_at, CallRecord.id)
    )


def _concerned(hook: WebhookSubscription) -> list[ColumnElement[bool]]:
    """The calls that such an event comes from, and that the webhook's own choice names."""
    conditions: list[ColumnElement[bool]] = []
    if hook.event == EventType.CALL_MISSED:
        conditions += missed_calls()
    if hook.event == EventType.RECORDING_READY:
        conditions += recorded_calls()
    if hook.dids:
        conditions.append(CallRecord.did.in_(hook.dids))
    if hook.outcomes:
        conditions.append(CallRecord.outcome.in_(hook.outcomes))
    if hook.sip_lines:
        rung = exists().where(
            CallLeg.account_id == CallRecord.account_id,
            CallLeg.call_id == CallRecord.id,
            CallLeg.address.in_(hook.sip_lines),
        )
        lines = hook.sip_lines
        conditions.append(or_(CallRecord.caller.in_(lines), CallRecord.callee.in_(lines), rung))
    return conditions


def _calls_of(ids: Select[int]) -> Select[CallRecord]:
    return select(CallRecord).where(CallRecord.id.in_(ids.limit(BATCH))).order_by(CallRecord.started_at, CallRecord.id)


def _events(kind: EventType, calls: Sequence[CallRecord]) -> dict[str, WebhookEvent]:
    """The event of each call, made from its record where it is missing."""
    found = db.session.scalars(
        select(WebhookEvent).where(
            WebhookEvent.type == kind, WebhookEvent.api_call_id.in_([call.api_call_id for call in calls])
        )
    )
    events = {event.api_call_id: event for event in found}
    for call in calls:
        if call.api_call_id not in events:
            events[call.api_call_id] = event_of(kind, call)
            db.session.add(events[call.api_call_id])
    db.session.flush()
    return events


def _deliveries(hook: WebhookSubscription, event_ids: Sequence[int]) -> dict[int, WebhookDelivery]:
    rows = db.session.scalars(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.subscription_id == hook.id,
            WebhookDelivery.event_id.in_(event_ids),
            WebhookDelivery.state.in_(_LOST),
            WebhookDelivery.is_test.is_(False),
        )
        .with_for_update(key_share=True)
    )
    return {row.event_id: row for row in rows}


def _delivery(hook: WebhookSubscription, event: WebhookEvent) -> WebhookDelivery:
    return WebhookDelivery(
        subscription_id=hook.id, event_id=event.id, public_id=f"msg_{random_word(27)}", lane=Lane.REPEAT
    )


def _anew() -> dict[str, object]:
    at = now()
    return {
        "state": DeliveryState.WAITING,
        "lane": Lane.REPEAT,
        "step": 0,
        "claim": None,
        "due_at": at,
        "expires_at": None,
        "waits_for_id": None,
        "finished_at": None,
    }


def _tell() -> None:
    ring(BELL)
    announce("webhooks-changed")
