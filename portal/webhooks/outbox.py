"""What happens to a call becomes an event and its deliveries, in the transaction that writes the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, exists, insert, or_, select

from portal.calls.events import CallAnswered, CallFinished, CallRecorded, CallStarted
from portal.calls.missed import is_missed
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import announce, last, ring
from portal.kernel.prepared import Prepared, given
from portal.kernel.secrets import random_word
from portal.telephony.engine import CallKind
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
from portal.webhooks.offers import MOST_AT_ONCE, PATIENCE, Offer
from portal.webhooks.sending import schedule

BELL = "webhooks"
"""Rung when there is something to send."""


class _Hook(NamedTuple):
    """A webhook, as far as calls are told to it."""

    id: int
    event: str
    canonical_url: str
    dids: Sequence[str] | None
    sip_lines: Sequence[str] | None
    outcomes: Sequence[str] | None
    is_sound: bool


class _Told(NamedTuple):
    """An event of a call, with its columns."""

    call: CallRecord
    kind: EventType
    facts: Mapping[str, Any]


# Built once: each call of the account waits for them.
_LISTENING = Prepared(
    select(
        WebhookSubscription.id,
        WebhookSubscription.event,
        WebhookSubscription.canonical_url,
        WebhookSubscription.dids,
        WebhookSubscription.sip_lines,
        WebhookSubscription.outcomes,
        (
            (WebhookSubscription.state == SubscriptionState.ACTIVE)
            & (WebhookSubscription.failures == 0)
            & WebhookSubscription.probe_at.is_(None)
            & WebhookSubscription.rate_per_minute.is_(None)
        ).label("is_sound"),
    )
    .where(WebhookSubscription.removed_at.is_(None))
    .order_by(WebhookSubscription.id),
    _Hook,
)
_EVENT = Prepared(
    lambda make: (
        make(WebhookEvent)
        .values(given(("type", "api_call_id", "parameters", "happened_at")))
        .on_conflict_do_nothing(index_elements=("account_id", "api_call_id", "type"))
        .returning(WebhookEvent.id, WebhookEvent.api_call_id, WebhookEvent.type)
    )
)
_DELIVERY = Prepared(
    insert(WebhookDelivery)
    .values(
        given((
            "subscription_id", "event_id", "public_id", "lane", "created_at", "due_at", "waits_for_id", "claim",
            "expires_at",
        ))
    )
    .values(state=DeliveryState.WAITING, attempts=0, step=0, is_test=False)
)  # fmt: skip
_STARTS_UNDER_WAY = Prepared(
    select(WebhookSubscription.canonical_url, WebhookDelivery.id)
    .join(WebhookDelivery, WebhookDelivery.subscription_id == WebhookSubscription.id)
    .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
    .where(
        WebhookEvent.api_call_id == bindparam("api_call_id"),
        WebhookEvent.type == EventType.CALL_STARTED,
        or_(WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.state == DeliveryState.SENDING),
        WebhookDelivery.expires_at > bindparam("now"),
        WebhookSubscription.state == SubscriptionState.ACTIVE,
        WebhookSubscription.probe_at.is_(None),
    )
    .with_for_update(of=WebhookDelivery)
)


def on_call_started(event: CallStarted) -> None:
    """The contract's call start is that of an incoming call; an outgoing one has an event of its own."""
    if event.call.kind == CallKind.INCOMING:
        _write(event.call, EventType.CALL_STARTED)
    elif event.call.kind == CallKind.OUTGOING:
        _write(event.call, EventType.OUTGOING_STARTED)


def on_call_answered(event: CallAnswered) -> None:
    """Of whatever kind."""
    _write(event.call, EventType.CALL_ANSWERED)


def on_call_finished(event: CallFinished) -> None:
    """Every kind of call ends; an incoming one in which nobody talked to the caller was missed."""
    if is_missed(event.call):
        _write(event.call, EventType.CALL_FINISHED, EventType.CALL_MISSED)
    else:
        _write(event.call, EventType.CALL_FINISHED)


def on_call_recorded(event: CallRecorded) -> None:
    """The call is over and its record is whole."""
    _write(event.call, EventType.RECORDING_READY)


def event_of(kind: EventType, call: CallRecord) -> WebhookEvent:
    """A new event, as it is told from this call's record."""
    return WebhookEvent(**_facts(kind, call))


def recorded_calls() -> list[ColumnElement[bool]]:
    """The calls whose record is there and was told of, also where nobody listened.

    A call says that it has a record while that is still being fetched. An event of it that is written before its time
    would stand in the way of the true one.
    """
    told = exists().where(
        WebhookEvent.account_id == CallRecord.account_id,
        WebhookEvent.api_call_id == CallRecord.api_call_id,
        WebhookEvent.type == EventType.RECORDING_READY,
    )
    return [CallRecord.has_recording.is_(True), told]


def _facts(kind: EventType, call: CallRecord) -> dict[str, Any]:
    moments = {
        EventType.CALL_STARTED: call.started_at,
        EventType.OUTGOING_STARTED: call.started_at,
        EventType.CALL_ANSWERED: call.answered_at,
        EventType.CALL_FINISHED: call.ended_at,
        EventType.CALL_MISSED: call.ended_at,
    }
    return {
        "type": kind,
        "api_call_id": call.api_call_id,
        "parameters": [list(pair) for pair in wire.PARAMETERS[kind](call)],
        "happened_at": moments.get(kind) or now(),
    }


def _write(call: CallRecord, *kinds: EventType) -> None:
    """The events, kept also when nobody listens, and a delivery for each webhook. A repeat changes nothing.

    All that a transaction has to tell is written at its end, together.
    """
    last(_write_all, *(_Told(call, kind, _facts(kind, call)) for kind in kinds))


def _write_all(told: Sequence[_Told]) -> None:
    listening = _LISTENING.ahead()
    written = {(api_call_id, kind): row_id for row_id, api_call_id, kind in _EVENT.each(*(each.facts for each in told))}
    hooks = listening()
    claims: set[str | None] = set()
    for each in told:
        event_id = written.pop((each.call.api_call_id, each.kind), None)
        hearing = [hook for hook in hooks if hook.event == each.kind and hears_of(hook, each.call)]
        if event_id is None or not hearing:
            continue
        starts = _starts_under_way(each.call, hooks, hearing) if each.kind is EventType.CALL_FINISHED else {}
        deliveries = _deliveries(event_id, each.kind, each.facts["happened_at"], hearing, starts)
        _DELIVERY.run(*deliveries)
        claims |= {row["claim"] for row in deliveries}
    if None in claims:
        ring(BELL)
    if claims:
        announce("webhooks-changed")


def _deliveries(
    event_id: int, kind: EventType, happened_at: datetime, hooks: Sequence[_Hook], starts: Mapping[str, int]
) -> list[dict[str, Any]]:
    plan, at = schedule.SCHEDULES[kind], now()
    expires_at = plan.expires_at(happened_at)
    # What its rate or its failures may hold back is for the queue, and so is what waits for its start.
    is_offered = {hook.id: hook.is_sound and hook.canonical_url not in starts for hook in hooks}
    offer = Offer.make(event_id) if 0 < sum(is_offered.values()) <= MOST_AT_ONCE else None
    rows = []
    for hook in hooks:
        waits_for = starts.get(hook.canonical_url)
        claim = offer.claim if offer and is_offered[hook.id] else None
        rows.append(
            {
                "subscription_id": hook.id,
                "event_id": event_id,
                "public_id": f"msg_{random_word(27)}",
                "lane": plan.lane,
                "created_at": at,
                "due_at": at + _pause(waits_for, claim),
                "waits_for_id": waits_for,
                "claim": claim,
                "expires_at": expires_at,
            }
        )
    return rows


def _pause(waits_for: int | None, claim: str | None) -> timedelta:
    if waits_for is not None:
        return schedule.START_FIRST
    return PATIENCE if claim is not None else timedelta(0)


def _starts_under_way(call: CallRecord, hooks: Sequence[_Hook], hearing: Sequence[_Hook]) -> dict[str, int]:
    """URL and delivery, where the start of this call is still on its way to a URL that now hears of its end.

    The rows are locked: a sender that is just noting the start's arrival then sees the end that waits for it, and lets
    it go.
    """
    told = {hook.canonical_url for hook in hooks if hook.event == EventType.CALL_STARTED}
    if told.isdisjoint(hook.canonical_url for hook in hearing):
        return {}
    return dict(_STARTS_UNDER_WAY.all(api_call_id=call.api_call_id, now=now()))
