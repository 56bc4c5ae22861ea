"""The journal of calls: what an engine tells becomes rows, and each milestone an event of the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

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
        self.record_all([(call, change)])

    def record_all(self, notes: Sequence[tuple[CallSnapshot, CallChange]]) -> None:
        """See `telephony.scribe.protocol.Books`. What each call asks and writes alike is asked and written once."""
        account_id = notes[0][0].account_id
        with self._app.app_context(), transaction(account_id):
            news = _write([call for call, _change in notes])
        for call, change in notes:
            is_news = call.api_call_id in news
            log.debug("call_noted", api_call_id=call.api_call_id, change=change, version=call.version, is_news=is_news)

    def open_calls(self, switch: str) -> Sequence[CallSnapshot]:
        """The calls of this switch that have no end yet: after a crash its engine ends them."""
        with self._app.app_context():
            return left_open(switch)


@dataclass(frozen=True, slots=True)
class _Chapter:
    """What one snapshot adds to a call; the marks are of before."""

    row: CallRecord
    is_new: bool
    rang: set[int]
    was_answered: bool
    is_over: bool


def _write(calls: Sequence[CallSnapshot]) -> set[str]:
    """Brings the rows up to date and tells the rooms above; answers the calls of which something was not known."""
    found = _find([call.api_call_id for call in calls])
    news = [call for call in calls if (row := found.get(call.api_call_id)) is None or row.version < call.version]
    names = _names(news, found)
    chapters = []
    # With its price a row is written once, and so are its class and its totals.
    with db.session.no_autoflush:
        for call in news:
            chapters.append(_bring_up(found.get(call.api_call_id), call, names))
            if chapters[-1].is_over:
                publish(CallEnding(chapters[-1].row))
    db.session.add_all([each.row for each in chapters])
    db.session.flush()
    for each in chapters:
        _tell(each)
    if news:
        announce("calls-changed")
    return {call.api_call_id for call in news}


def _bring_up(row: CallRecord | None, call: CallSnapshot, names: Mapping[str, str]) -> _Chapter:
    is_new = row is None
    if row is None:
        # Named though it is none yet: what a charge changes later is known then, and not read again.
        row = CallRecord(api_call_id=call.api_call_id, caller="", legs=[], price=None)
    rang = _ringing(row)
    was_answered, was_finished = row.answered_at is not None, row.ended_at is not None
    _name(row, call, names)
    _copy(row, call)
    _copy_legs(row, call)
    return _Chapter(row, is_new, rang, was_answered, is_over=row.ended_at is not None and not was_finished)


def _tell(chapter: _Chapter) -> None:
    row = chapter.row
    if chapter.is_new:
        publish(CallStarted(row))
    if _ringing(row) != chapter.rang:
        publish(CallRang(row))
    if row.answered_at is not None and not chapter.was_answered:
        publish(CallAnswered(row))
    if chapter.is_over:
        publish(CallFinished(row))


def _ringing(row: CallRecord) -> set[int]:
    """The legs whose phones ring."""
    return {leg.number for leg in row.legs if leg.rang_at and not (leg.answered_at or leg.ended_at)}


def _find(api_call_ids: Sequence[str]) -> dict[str, CallRecord]:
    rows = db.session.scalars(
        select(CallRecord)
        .where(CallRecord.api_call_id.in_(api_call_ids))
        # Whoever else writes several waits for the first of them, and not for each other.
        .order_by(CallRecord.id)
        .options(selectinload(CallRecord.legs))
        .with_for_update()
    )
    return {row.api_call_id: row for row in rows}


def _sides(call: CallSnapshot) -> tuple[str, str | None]:
    return call.caller, call.callee


def _names(calls: Iterable[CallSnapshot], found: Mapping[str, CallRecord]) -> Mapping[str, str]:
    """By address, of the calls whose sides have become known just now."""
    rows = ((call, found.get(call.api_call_id)) for call in calls)
    new = [call for call, row in rows if row is None or _sides(call) != (row.caller, row.callee)]
    return code_names({address for call in new for address in _sides(call) if address})


def _name(row: CallRecord, call: CallSnapshot, names: Mapping[str, str]) -> None:
    """Names are those of the moment when the two sides became known: a later change does not rewrite history."""
    sides = _sides(call)
    if sides == (row.caller, row.callee):
        return
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
