"""What happens to a call becomes an event and its deliveries, in the transaction that writes the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select

from portal.calls.events import CallAnswered, CallFinished, CallRecorded, CallStarted
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import announce, db, ring
from portal.kernel.secrets import random_word
from portal.telephony.engine import CallKind, CallOutcome
from portal.webhooks import wire
from portal.webhooks.choice import hears_of
from portal.webhooks.models import (
    DeliveryState,
    EventType,
    SubscriptionState,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from portal.webhooks.sending import schedule

BELL = "webhooks"
"""Rung when there is something to send."""

# Built once: each call of the account waits for them.
_KNOWN = select(WebhookEvent.id).where(
    WebhookEvent.api_call_id == bindparam("api_call_id"), WebhookEvent.type == bindparam("kind")
)
_LISTENING = (
    select(WebhookSubscription)
    .where(WebhookSubscription.event == bindparam("kind"), WebhookSubscription.removed_at.is_(None))
    .order_by(WebhookSubscription.id)
)
_STARTS_UNDER_WAY = (
    select(WebhookSubscription.canonical_url, WebhookDelivery.id)
    .join(WebhookDelivery, WebhookDelivery.subscription_id == WebhookSubscription.id)
    .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
    .where(
        WebhookEvent.api_call_id == bindparam("api_call_id"),
        WebhookEvent.type == EventType.CALL_STARTED,
        WebhookDelivery.state.in_([DeliveryState.WAITING, DeliveryState.SENDING]),
        WebhookDelivery.expires_at > bindparam("now"),
        WebhookSubscription.state == SubscriptionState.ACTIVE,
        WebhookSubscription.probe_at.is_(None),
    )
    .with_for_update(of=WebhookDelivery)
)


def on_call_started(event: CallStarted) -> None:
    """The contract's call start is that of an incoming call; an outgoing one has an event of its own."""
    if event.call.kind == CallKind.INCOMING:
        _write(EventType.CALL_STARTED, event.call)
    elif event.call.kind == CallKind.OUTGOING:
        _write(EventType.OUTGOING_STARTED, event.call)


def on_call_answered(event: CallAnswered) -> None:
    """Of whatever kind."""
    _write(EventType.CALL_ANSWERED, event.call)


def on_call_finished(event: CallFinished) -> None:
    """Every kind of call ends; an incoming one that nobody answered was missed."""
    _write(EventType.CALL_FINISHED, event.call)
    if event.call.outcome == CallOutcome.MISSED:
        _write(EventType.CALL_MISSED, event.call)


def on_call_recorded(event: CallRecorded) -> None:
    """The record is whole."""
    _write(EventType.RECORDING_READY, event.call)


def event_of(kind: EventType, call: CallRecord) -> WebhookEvent:
    """A new event, as it is told from this call's record."""
    moments = {
        EventType.CALL_STARTED: call.started_at,
        EventType.OUTGOING_STARTED: call.started_at,
        EventType.CALL_ANSWERED: call.answered_at,
        EventType.CALL_FINISHED: call.ended_at,
        EventType.CALL_MISSED: call.ended_at,
    }
    return WebhookEvent(
        type=kind,
        api_call_id=call.api_call_id,
        parameters=[list(pair) for pair in wire.PARAMETERS[kind](call)],
        happened_at=moments.get(kind) or now(),
    )


def _write(kind: EventType, call: CallRecord) -> None:
    """The event, kept also when nobody listens, and a delivery for each webhook. A repeat changes nothing."""
    api_call_id = call.api_call_id
    if db.session.scalar(_KNOWN, {"api_call_id": api_call_id, "kind": kind}) is not None:
        return
    event = event_of(kind, call)
    db.session.add(event)
    db.session.flush()
    hooks = db.session.scalars(_LISTENING, {"kind": kind}).all()
    hooks = [hook for hook in hooks if hears_of(hook, call)]
    if not hooks:
        return
    starts = _starts_under_way(api_call_id) if kind is EventType.CALL_FINISHED else {}
    _add_deliveries(event, hooks, starts)
    ring(BELL)
    announce("webhooks-changed")


def _add_deliveries(event: WebhookEvent, hooks: Sequence[WebhookSubscription], starts: Mapping[str, int]) -> None:
    plan = schedule.SCHEDULES[event.type]
    at = now()
    for hook in hooks:
        waits_for = starts.get(hook.canonical_url)
        db.session.add(
            WebhookDelivery(
                subscription_id=hook.id,
                event_id=event.id,
                public_id=f"msg_{random_word(27)}",
                lane=plan.lane,
                created_at=at,
                due_at=at if waits_for is None else at + schedule.START_FIRST,
                waits_for_id=waits_for,
                expires_at=plan.expires_at(event.happened_at),
            )
        )


def _starts_under_way(api_call_id: str) -> dict[str, int]:
    """URL and delivery, where the start of this call is still on its way.

    The rows are locked: a sender that is just noting the start's arrival then sees the end that waits for it, and lets
    it go.
    """
    rows = db.session.execute(_STARTS_UNDER_WAY, {"api_call_id": api_call_id, "now": now()})
    return {url: delivery_id for url, delivery_id in rows}  # noqa: C416 -- a Row is no pair to the type checker
