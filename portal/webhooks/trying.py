"""A test: a real past call, told to the webhook once more, by the same engine and marked as a test."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.calls.missed import missed_calls
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import announce, db, ring
from portal.kernel.errors import Conflict, Refused
from portal.kernel.http import Request
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault, random_word
from portal.telephony.engine import CallKind
from portal.webhooks.models import (
    EventType,
    Lane,
    Method,
    SubscriptionState,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from portal.webhooks.outbox import BELL, event_of, recorded_calls
from portal.webhooks.sending.dress import Dress, request_for
from portal.webhooks.sending.schedule import SCHEDULES
from portal.webhooks.services import find_webhook, probe_now, subject_of

OFFERED = 25
"""How many past calls one can choose from."""


def past_calls(event: EventType) -> Sequence[CallRecord]:
    """The latest ended calls that such an event can tell of."""
    query = select(CallRecord).where(CallRecord.ended_at.is_not(None))
    if event == EventType.CALL_STARTED:
        query = query.where(CallRecord.kind == CallKind.INCOMING)
    elif event == EventType.OUTGOING_STARTED:
        query = query.where(CallRecord.kind == CallKind.OUTGOING)
    elif event == EventType.CALL_ANSWERED:
        query = query.where(CallRecord.answered_at.is_not(None))
    elif event == EventType.CALL_MISSED:
        query = query.where(*missed_calls())
    elif event == EventType.RECORDING_READY:
        query = query.where(*recorded_calls())
    return db.session.scalars(query.order_by(CallRecord.started_at.desc(), CallRecord.id.desc()).limit(OFFERED)).all()


def preview(hook: WebhookSubscription, call: CallRecord, vault: Vault) -> Request:
    """The request as it would go out now, but for its `webhook-id`, moment and signature."""
    event = _known_event(hook.event, call.api_call_id) or event_of(hook.event, call)
    parameters = [(name, value) for name, value in event.parameters]
    dress = Dress(
        Method(hook.method),
        [[name, "***" if is_sealed else value, False] for name, value, is_sealed in hook.headers or ()],
        None,
        None,
        None,
        event.happened_at,
        is_test=True,
    )
    return request_for(hook.url, hook.event, parameters, "msg_…", dress, vault=vault, at=now())


def send_test(webhook_id: int, api_call_id: str) -> WebhookDelivery:
    """Goes out at once, and is tried once: before the others, where the webhook is failing, as the probe of it.

    Raises `Conflict` where the webhook does not send, `Refused` for no call or a record that is not there yet.
    """
    hook = find_webhook(webhook_id)
    if hook.state != SubscriptionState.ACTIVE:
        raise Conflict(_("This webhook is not sending now: resume it first."))
    call = db.session.scalar(
        select(CallRecord).where(CallRecord.api_call_id == api_call_id, CallRecord.ended_at.is_not(None))
    )
    if call is None:
        raise Refused(_("There is no such call, or it has not ended yet."), "api_call_id")
    event = _noted_or_new(hook.event, call)
    at, plan = now(), SCHEDULES[hook.event]
    delivery = WebhookDelivery(
        subscription_id=hook.id,
        event_id=event.id,
        public_id=f"msg_{random_word(27)}",
        lane=Lane.REPEAT,
        is_test=True,
        step=plan.last_step,
        expires_at=plan.expires_at(at),
    )
    db.session.add(delivery)
    probe_now(hook, at)
    audit("webhook.test", subject_of(hook), after={"api_call_id": api_call_id})
    ring(BELL)
    announce("webhooks-changed")
    db.session.flush()
    return delivery


def _noted_or_new(kind: EventType, call: CallRecord) -> WebhookEvent:
    """The one that was noted, else a new one; but that a record is ready is for the record to say."""
    event = _known_event(kind, call.api_call_id)
    if event is not None:
        return event
    if kind == EventType.RECORDING_READY:
        raise Refused(
            _("The record of this call is not ready yet, or was ready too long ago: choose another call."),
            "api_call_id",
        )
    event = event_of(kind, call)
    db.session.add(event)
    db.session.flush()
    return event


def _known_event(kind: EventType, api_call_id: str) -> WebhookEvent | None:
    return db.session.scalar(
        select(WebhookEvent).where(WebhookEvent.api_call_id == api_call_id, WebhookEvent.type == kind)
    )
