"""What a person does with webhooks: add, remove and restore, pause, repeat a delivery."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from portal.accounts.audit import audit
from portal.kernel.clock import now
from portal.kernel.db import announce, db, ring
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.webhooks.models import (
    DeliveryState,
    EventType,
    Lane,
    SubscriptionState,
    WebhookDelivery,
    WebhookSubscription,
)
from portal.webhooks.outbox import BELL
from portal.webhooks.sending.schedule import SCHEDULES
from portal.webhooks.urls import SendableUrl, redacted


def add_webhook(url: SendableUrl, event: EventType) -> WebhookSubscription:
    """From now on the URL is told of each such event. Raises `Refused` where it already is."""
    refuse_twin(url.canonical, event)
    hook = WebhookSubscription(url=url.text, canonical_url=url.canonical, event=event)
    db.session.add(hook)
    db.session.flush()
    audit("webhook.add", subject_of(hook), after={"url": redacted(hook.url), "event": hook.event})
    announce("webhooks-changed")
    return hook


def remove_webhook(webhook_id: int) -> WebhookSubscription:
    """Nothing more is sent to it; what waited is cancelled. `restore_webhook` takes it back."""
    hook = find_webhook(webhook_id)
    hook.removed_at = now()
    _turn_deliveries(hook, DeliveryState.WAITING, DeliveryState.CANCELLED, finished_at=hook.removed_at)
    audit("webhook.remove", subject_of(hook))
    announce("webhooks-changed")
    return hook


def restore_webhook(webhook_id: int) -> WebhookSubscription:
    """The removal never was: what it cancelled waits again. Raises `Conflict` where its twin was added meanwhile."""
    hook = db.session.scalar(
        select(WebhookSubscription).where(WebhookSubscription.id == webhook_id).with_for_update(key_share=True)
    )
    if hook is None:
        raise NotFound(_("There is no such webhook."))
    if hook.removed_at is None:
        return hook
    if _twin(hook.canonical_url, hook.event) is not None:
        raise Conflict(_("The same webhook has been added meanwhile: this one stays removed."))
    _turn_deliveries(hook, DeliveryState.CANCELLED, DeliveryState.WAITING, finished_at=None, where_at=hook.removed_at)
    hook.removed_at = None
    audit("webhook.restore", subject_of(hook))
    ring(BELL)
    announce("webhooks-changed")
    return hook


def pause_webhook(webhook_id: int) -> WebhookSubscription:
    """Nothing is sent until it is resumed; what comes meanwhile is kept (the start of a call for a minute)."""
    hook = find_webhook(webhook_id)
    if hook.state == SubscriptionState.ACTIVE:
        set_state(hook, SubscriptionState.PAUSED, "webhook.pause")
    return hook


def repeat_delivery(webhook_id: int, delivery_id: int) -> WebhookDelivery:
    """Sends a delivery again, at once and, if need be, by a whole new round of tries, under the same `webhook-id`.

    What it tells decides how long it is tried, whatever its webhook tells by now; a test is tried once again.
    Raises `Conflict` while it is being sent, and where its webhook does not send.
    """
    hook = find_webhook(webhook_id)
    delivery = db.session.scalar(
        select(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.subscription_id == hook.id)
        .with_for_update(key_share=True)
    )
    if delivery is None:
        raise NotFound(_("There is no such delivery."))
    if hook.state != SubscriptionState.ACTIVE:
        raise Conflict(_("This webhook is not sending now: resume it first."))
    if delivery.state == DeliveryState.SENDING and delivery.due_at > now():
        raise Conflict(_("This delivery is being sent right now."))
    at = now()
    if delivery.state != DeliveryState.WAITING:
        plan = SCHEDULES[delivery.event.type]
        delivery.lane, delivery.step = Lane.REPEAT, plan.last_step if delivery.is_test else 0
        delivery.expires_at = plan.expires_at(at)
    delivery.state, delivery.claim = DeliveryState.WAITING, None
    delivery.due_at, delivery.finished_at = at, None
    probe_now(hook, at)
    audit("webhook.repeat", subject_of(hook), after={"delivery": delivery.public_id})
    ring(BELL)
    announce("webhooks-changed")
    return delivery


def probe_now(hook: WebhookSubscription, at: datetime) -> None:
    """Who presses believes that the receiver is back: a failing webhook is not left in peace until its next probe."""
    if hook.probe_at is not None:
        hook.probe_at = at


def find_webhook(webhook_id: int) -> WebhookSubscription:
    """A webhook that was not removed, held for a change until the end of the transaction. Raises `NotFound`."""
    hook = db.session.scalar(
        select(WebhookSubscription)
        .where(WebhookSubscription.id == webhook_id, WebhookSubscription.removed_at.is_(None))
        .with_for_update(key_share=True)
    )
    if hook is None:
        raise NotFound(_("There is no such webhook."))
    return hook


def _twin(canonical_url: str, event: EventType) -> WebhookSubscription | None:
    return db.session.scalar(
        select(WebhookSubscription).where(
            WebhookSubscription.canonical_url == canonical_url,
            WebhookSubscription.event == event,
            WebhookSubscription.removed_at.is_(None),
        )
    )


def refuse_twin(canonical_url: str, event: EventType, *, but: int | None = None) -> None:
    """Raises `Refused` where another webhook than `but` tells this URL of this event."""
    twin = _twin(canonical_url, event)
    if twin is not None and twin.id != but:
        raise Refused(_("This URL is told of this event already: one notice per call is enough."), "url")


def set_state(hook: WebhookSubscription, state: SubscriptionState, action: str) -> None:
    """With its line in the audit trail."""
    before, hook.state = hook.state, state
    audit(action, subject_of(hook), before={"state": before}, after={"state": state})
    announce("webhooks-changed")


def _turn_deliveries(
    hook: WebhookSubscription,
    before: DeliveryState,
    after: DeliveryState,
    *,
    finished_at: datetime | None,
    where_at: datetime | None = None,
) -> None:
    """All of the webhook's deliveries in one state, of those that were finished at one moment, into another."""
    db.session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.subscription_id == hook.id,
            WebhookDelivery.state == before,
            WebhookDelivery.finished_at == where_at if where_at else WebhookDelivery.finished_at.is_(None),
        )
        .values(state=after, finished_at=finished_at)
        .execution_options(synchronize_session=False)
    )


def subject_of(hook: WebhookSubscription) -> str:
    """Its URL, without keys that may stand in the query."""
    return redacted(hook.url)
