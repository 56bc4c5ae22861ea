"""What a webhook kept while it did not send, and what becomes of it when it sends again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from portal.accounts.audit import audit
from portal.kernel.clock import now
from portal.kernel.db import announce, db, ring
from portal.webhooks.models import (
    DeliveryState,
    EventType,
    SubscriptionState,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from portal.webhooks.outbox import BELL
from portal.webhooks.sending.schedule import LASTING
from portal.webhooks.services import find_webhook, subject_of


class Backlog(StrEnum):
    """The admin's choice."""

    ALL = "all"
    ENDS = "ends"
    """Only what lasts (the end of a call, that it was missed, its record): what rang back then is worth nothing now."""
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class BacklogCounts:
    """How many deliveries each choice would send."""

    all: int
    ends: int


def backlog_counts(webhook_id: int) -> BacklogCounts:
    """What waits for this webhook to send again."""
    rows = db.session.execute(
        select(WebhookEvent.type, func.count())
        .join(WebhookDelivery, WebhookDelivery.event_id == WebhookEvent.id)
        .where(_waits(webhook_id))
        .group_by(WebhookEvent.type)
    )
    by_type = {EventType(kind): count for kind, count in rows}
    return BacklogCounts(sum(by_type.values()), sum(count for kind, count in by_type.items() if kind in LASTING))


def resume_webhook(webhook_id: int, *, backlog: Backlog = Backlog.ALL) -> WebhookSubscription:
    """It sends again, also where it had been switched off; what was chosen of its backlog goes out, oldest first.

    The rest is cancelled. A receiver that had failed gets a new chance without waiting for a probe.
    """
    hook = find_webhook(webhook_id)
    if hook.state == SubscriptionState.ACTIVE:
        return hook
    before, hook.state = hook.state, SubscriptionState.ACTIVE
    hook.probe_at, hook.quiet_until = None, None
    hook.failures, hook.recent_failures, hook.probes, hook.first_failure_at = 0, 0, 0, None
    dropped = _drop(hook, backlog)
    _hurry(hook)
    audit(
        "webhook.resume",
        subject_of(hook),
        before={"state": before},
        after={"state": hook.state, "backlog": backlog, "dropped": dropped},
    )
    ring(BELL)
    announce("webhooks-changed")
    return hook


def _waits(webhook_id: int) -> ColumnElement[bool]:
    """Also one that a worker was sending when it died."""
    return and_(
        WebhookDelivery.subscription_id == webhook_id,
        or_(
            WebhookDelivery.state == DeliveryState.WAITING,
            and_(WebhookDelivery.state == DeliveryState.SENDING, WebhookDelivery.due_at <= now()),
        ),
    )


def _drop(hook: WebhookSubscription, backlog: Backlog) -> int:
    """Cancels what was not chosen; answers how many."""
    if backlog is Backlog.ALL:
        return 0
    unwanted = _waits(hook.id)
    if backlog is Backlog.ENDS:
        others = select(WebhookEvent.id).where(WebhookEvent.type.not_in(list(LASTING)))
        unwanted = and_(unwanted, WebhookDelivery.event_id.in_(others))
    dropped = db.session.execute(
        update(WebhookDelivery)
        .where(unwanted)
        .values(state=DeliveryState.CANCELLED, finished_at=now(), claim=None)
        .execution_options(synchronize_session=False)
    )
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def _hurry(hook: WebhookSubscription) -> None:
    """What waited for its next try does not wait any longer."""
    db.session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.subscription_id == hook.id,
            WebhookDelivery.state == DeliveryState.WAITING,
            WebhookDelivery.due_at > now(),
            WebhookDelivery.waits_for_id.is_(None),
        )
        .values(due_at=now())
        .execution_options(synchronize_session=False)
    )
