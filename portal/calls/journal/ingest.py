"""The journal of calls: what an engine tells becomes rows, and each milestone an event of the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from flask import Flask

from portal.accounts.zone import ask_zones_ahead
from portal.calls.events import CallAnswered, CallEnding, CallFinished, CallRang, CallStarted
from portal.calls.journal import rows
from portal.calls.journal.left_open import left_open
from portal.calls.journal.rows import Known
from portal.calls.models import CallRecord
from portal.contacts.names import code_names_ahead
from portal.kernel.db import announce, transaction
from portal.kernel.events import publish
from portal.kernel.textsearch import search_text
from portal.telephony.control.times import call_times
from portal.telephony.engine import CallChange, CallSnapshot

log = structlog.get_logger(__name__)


class Journal:
    """Writes calls down: see `telephony.engine.CallJournal`. May be called from any thread of the engine.

    The same snapshot again, or an older one, changes nothing. The events follow from the facts and not from `change`:
    a call that is first heard of when it is over is told as started, answered and finished, in this order, once each.
    (`CallRecorded` comes from `recordings`, when the audio is stored and the call is over.)
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
    """What one snapshot adds to a call. `told` is the call as the rooms above hear of it; no session holds it."""

    before: Known | None
    after: Known
    told: CallRecord

    @property
    def is_over(self) -> bool:
        return self.told.ended_at is not None and (self.before is None or self.before.call["ended_at"] is None)

    @property
    def was_recorded(self) -> bool:
        return self.before is not None and bool(self.before.call["has_recording"])

    @property
    def is_answered(self) -> bool:
        return self.told.answered_at is not None and (self.before is None or self.before.call["answered_at"] is None)


def _write(calls: Sequence[CallSnapshot]) -> set[str]:
    """Brings the rows up to date and tells the rooms above; answers the calls of which something was not known."""
    ask_zones_ahead()
    # Also of those whose sides were known before: to ask in vain takes less than to wait once more.
    named = code_names_ahead(address for call in calls for address in _sides(call) if address)
    found = rows.find([call.api_call_id for call in calls])
    news = [call for call in calls if (known := found.get(call.api_call_id)) is None or _is_older(known, call)]
    names = named()
    chapters = [_chapter(found.get(call.api_call_id), call, names) for call in news]
    # With its price a row is written once, and so are its class and its totals.
    for each in chapters:
        if each.is_over:
            publish(CallEnding(each.told, each.was_recorded))
            each.after.call.update(price=each.told.price, has_recording=each.told.has_recording)
    rows.write([(each.before, each.after) for each in chapters])
    for each in chapters:
        each.told.id = each.after.call["id"]
        _tell(each)
    if news:
        announce("calls-changed")
    return {call.api_call_id for call in news}


def _is_older(known: Known, call: CallSnapshot) -> bool:
    return bool(known.call["version"] < call.version)


def _chapter(before: Known | None, call: CallSnapshot, names: Mapping[str, str]) -> _Chapter:
    after = Known(_row(before, call, names), _legs(before, call))
    return _Chapter(before, after, rows.told(after))


def _tell(chapter: _Chapter) -> None:
    call = chapter.told
    if chapter.before is None:
        publish(CallStarted(call))
    if _ringing(chapter.after) != _ringing(chapter.before):
        publish(CallRang(call))
    if chapter.is_answered:
        publish(CallAnswered(call))
    if chapter.is_over:
        publish(CallFinished(call))


def _ringing(known: Known | None) -> set[int]:
    """The legs whose phones ring."""
    legs = known.legs.values() if known else ()
    return {leg["number"] for leg in legs if leg["rang_at"] and not (leg["answered_at"] or leg["ended_at"])}


def _sides(call: CallSnapshot) -> tuple[str, str | None]:
    return call.caller, call.callee


def _has_new_sides(known: Known | None, call: CallSnapshot) -> bool:
    return known is None or _sides(call) != (known.call["caller"], known.call["callee"])


def _row(before: Known | None, call: CallSnapshot, names: Mapping[str, str]) -> rows.Values:
    """The call's columns; those that no snapshot has stay what they are."""
    times = call_times(call)
    return {
        **(before.call if before else {"price": None}),
        **(_named(call, names) if _has_new_sides(before, call) else {}),
        "api_call_id": call.api_call_id,
        "switch": call.switch,
        "kind": call.kind,
        "outcome": call.outcome,
        "caller": call.caller,
        "did": call.did,
        "callee": call.callee,
        "started_at": call.started_at,
        "answered_at": call.talk_started_at,
        "ended_at": call.ended_at,
        "caller_leg_seconds": times.a_connection_seconds,
        "callee_leg_seconds": times.b_connection_seconds,
        "talk_seconds": times.talk_seconds,
        "caller_wait_seconds": times.a_waiting_seconds,
        "callee_wait_seconds": times.b_waiting_seconds,
        "has_recording": call.has_recording,
        "fallback": call.fallback,
        "skipped": [[each.target.address, each.target.label, each.reason] for each in call.skipped],
        "known_by": [call.known_by.source, call.known_by.name] if call.known_by else None,
        "version": call.version,
        **_price(before, call),
    }


def _named(call: CallSnapshot, names: Mapping[str, str]) -> rows.Values:
    """Names are those of the moment when the two sides became known: a later change does not rewrite history."""
    caller, callee = (names.get(address or "") for address in _sides(call))
    words = search_text(_sides(call), (caller, callee))
    return {"caller_name": caller, "callee_name": callee, "search_text": words}


def _price(before: Known | None, call: CallSnapshot) -> rows.Values:
    """What was posted for a call stays its price."""
    is_open = before is None or before.call["price"] is None
    return {"price": call.price} if is_open and call.price is not None and call.ended_at is not None else {}


def _legs(before: Known | None, call: CallSnapshot) -> dict[int, rows.Values]:
    told = {leg.number: {name: getattr(leg, name) for name in rows.LEG} for leg in call.legs}
    return (before.legs if before else {}) | told
