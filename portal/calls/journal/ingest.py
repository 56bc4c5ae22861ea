"""The journal of calls: what an engine tells becomes rows, and each milestone an event of the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.calls.events import CallAnswered, CallEnding, CallFinished, CallRang, CallStarted
from portal.calls.journal.left_open import left_open
from portal.calls.models import CallLeg, CallRecord
from portal.contacts.names import code_names
from portal.kernel.db import announce, db, transaction
from portal.kernel.events import publish
from portal.kernel.textsearch import search_text
from portal.telephony.control.times import call_times
from portal.telephony.engine import CallChange, CallSnapshot

log = structlog.get_logger(__name__)


class Journal:
    """Writes calls down: see `telephony.engine.CallJournal`. May be called from any thread of the engine.

    The same snapshot again, or an older one, changes nothing. The events follow from the facts and not from `change`:
    a call that is first heard of when it is over is told as started, answered and finished, in this order, once each.
    (`CallRecorded` comes from `recordings`, when the audio is stored.)
    """

    def __init__(self, app: Flask) -> None:
        self._app = app

    def record(self, call: CallSnapshot, change: CallChange) -> None:
        with self._app.app_context(), transaction(call.account_id):
            is_news = _write(call)
        log.debug("call_noted", api_call_id=call.api_call_id, change=change, version=call.version, is_news=is_news)

    def open_calls(self, switch: str) -> Sequence[CallSnapshot]:
        """The calls of this switch that have no end yet: after a crash its engine ends them."""
        with self._app.app_context():
            return left_open(switch)


def _write(call: CallSnapshot) -> bool:
    """Brings the rows up to date and tells the rooms above; False where all of it was known."""
    row = _find(call.api_call_id)
    if row is not None and row.version >= call.version:
        return False
    is_new = row is None
    if row is None:
        # Named though it is none yet: what a charge changes later is known then, and not read again.
        row = CallRecord(api_call_id=call.api_call_id, caller="", legs=[], price=None)
    rang = _ringing(row)
    was_answered, was_finished = row.answered_at is not None, row.ended_at is not None
    _name(row, call)
    _copy(row, call)
    _copy_legs(row, call)
    is_over = row.ended_at is not None and not was_finished
    if is_over:
        # With its price the row is written once, and so are its class and its totals.
        with db.session.no_autoflush:
            publish(CallEnding(row))
    db.session.add(row)
    db.session.flush()
    if is_new:
        publish(CallStarted(row))
    if _ringing(row) != rang:
        publish(CallRang(row))
    if row.answered_at is not None and not was_answered:
        publish(CallAnswered(row))
    if is_over:
        publish(CallFinished(row))
    announce("calls-changed")
    return True


def _ringing(row: CallRecord) -> set[int]:
    """The legs whose phones ring."""
    return {leg.number for leg in row.legs if leg.rang_at and not (leg.answered_at or leg.ended_at)}


def _find(api_call_id: str) -> CallRecord | None:
    return db.session.scalar(
        select(CallRecord)
        .where(CallRecord.api_call_id == api_call_id)
        .options(selectinload(CallRecord.legs))
        .with_for_update()
    )


def _name(row: CallRecord, call: CallSnapshot) -> None:
    """Names are those of the moment when the two sides became known: a later change does not rewrite history."""
    sides = (call.caller, call.callee)
    if sides == (row.caller, row.callee):
        return
    names = code_names([address for address in sides if address])
    row.caller_name, row.callee_name = (names.get(address or "") for address in sides)
    row.search_text = search_text(sides, (row.caller_name, row.callee_name))


def _copy(row: CallRecord, call: CallSnapshot) -> None:
    times = call_times(call)
    row.switch = call.switch
    row.kind = call.kind
    row.outcome = call.outcome
    row.caller, row.did, row.callee = call.caller, call.did, call.callee
    row.started_at = call.started_at
    row.answered_at = call.talk_started_at
    row.ended_at = call.ended_at
    row.caller_leg_seconds = times.a_connection_seconds
    row.callee_leg_seconds = times.b_connection_seconds
    row.talk_seconds = times.talk_seconds
    row.caller_wait_seconds = times.a_waiting_seconds
    row.callee_wait_seconds = times.b_waiting_seconds
    row.has_recording = call.has_recording
    row.fallback = call.fallback
    row.skipped = [[each.target.address, each.target.label, each.reason] for each in call.skipped]
    row.known_by = [call.known_by.source, call.known_by.name] if call.known_by else None
    row.version = call.version
    if row.price is None and call.price is not None and call.ended_at is not None:
        # What was posted for a call stays its price.
        row.price = call.price


def _copy_legs(row: CallRecord, call: CallSnapshot) -> None:
    known = {leg.number: leg for leg in row.legs}
    for snapshot in call.legs:
        leg = known.get(snapshot.number)
        if leg is None:
            row.legs.append(CallLeg(**asdict(snapshot)))
            continue
        for name, value in asdict(snapshot).items():
            setattr(leg, name, value)
