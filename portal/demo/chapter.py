"""A chapter of a past: some thousand calls with their legs and postings, made ready first and then written at once,
so that the one writer of an embedded database is free again soon.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Dialect, Table

from portal.billing.models import LedgerEntry
from portal.calls.log import moments
from portal.calls.log.classes import class_ids
from portal.calls.log.figures import Figures, Place, add_many_totals
from portal.calls.log.textindex import words_together
from portal.calls.models import CallLeg, CallRecord
from portal.demo import postings
from portal.demo.history import PastCall, PastLeg
from portal.demo.postings import PriceBook, Purse, add_days
from portal.demo.sorting import Sorting
from portal.kernel.bulk import bulk_insert, ready, reserve_ids
from portal.kernel.clock import to_unix
from portal.kernel.textsearch import search_text
from portal.telephony.control.times import whole_seconds
from portal.telephony.engine import CallKind

_CALL_COLUMNS = (
    "id", "api_call_id", "switch", "kind", "outcome", "caller", "caller_name", "did", "callee", "callee_name",
    "started_at", "answered_at", "ended_at", "caller_leg_seconds", "callee_leg_seconds", "talk_seconds",
    "caller_wait_seconds", "callee_wait_seconds", "has_recording", "price", "version", "search_text",
    "class_id",
)  # fmt: skip
_CALLER_WAITED, _CALLEE_WAITED = (_CALL_COLUMNS.index(f"{side}_wait_seconds") - 1 for side in ("caller", "callee"))
_LEG_COLUMNS = (
    "call_id", "number", "address", "label", "side", "reason", "round", "started_at", "rang_at", "answered_at",
    "ended_at", "result", "end",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """What a chapter has become: ids of calls and postings in their order, and what was added to totals and days."""

    calls: range
    entries: range
    totals: Mapping[Place, Figures]
    days: Sequence[Mapping[str, Any]]


class Chapter:
    """Calls in the order of their beginning, ready to be written into the account whose prices and zones these are.

    One process may make it and another write it: it holds rows as the driver of `dialect` takes them, and no more.
    """

    def __init__(
        self,
        calls: Sequence[PastCall],
        prices: PriceBook,
        purse: Purse,
        zone: ZoneInfo,
        dialect: Dialect,
        *,
        has_recording: bool = False,
    ) -> None:
        priced = [prices.price(call) for call in calls]
        sorting = Sorting(zone)
        rows = []
        for call, (amount, _rating) in zip(calls, priced, strict=True):
            is_recorded = has_recording and call.talk_seconds > 0
            row = _call_row(call, amount, has_recording=is_recorded)
            rows.append(row)
            sorting.add(
                call,
                amount,
                row[_CALLER_WAITED if call.kind is CallKind.INCOMING else _CALLEE_WAITED] or 0,
                has_recording=is_recorded,
            )
        self._moments = [(to_unix(call.started_at), row[-1]) for call, row in zip(calls, rows, strict=True)]
        self._rows = ready(table_of(CallRecord), _CALL_COLUMNS[1:-1], rows, dialect)
        self._keys = sorting.keys
        self._totals = sorting.totals()
        self._legs = ready(table_of(CallLeg), _LEG_COLUMNS, _leg_rows(calls), dialect)
        self._entries = ready(table_of(LedgerEntry), postings.COLUMNS, purse.entries(calls, priced), dialect)
        self._days = [
            {"day": day, "kind": kind, "amount": amount, "count": count}
            for (day, kind), (amount, count) in purse.days.items()
        ]
        purse.days.clear()

    def __len__(self) -> int:
        """How many rows it has, of calls, legs and postings together."""
        return len(self._rows) + len(self._legs) + len(self._entries)

    @property
    def calls(self) -> int:
        """How many calls it has."""
        return len(self._rows)

    def write(self) -> Written:
        """Writes it in the present transaction."""
        first = reserve_ids(table_of(CallRecord), len(self._rows))
        ids = range(first, first + len(self._rows))
        classes = class_ids(self._keys)
        calls = zip(ids, self._rows, self._keys, strict=True)
        rows = ((row_id, *row, classes[key]) for row_id, row, key in calls)
        with words_together(ids):
            bulk_insert(table_of(CallRecord), _CALL_COLUMNS, rows, are_ready=True)
        add_many_totals(self._totals)
        moments.note(self._moments)
        legs = ((first + place, *leg) for place, *leg in self._legs)
        bulk_insert(table_of(CallLeg), _LEG_COLUMNS, legs, are_ready=True)
        entry = reserve_ids(table_of(LedgerEntry), len(self._entries))
        entries = range(entry, entry + len(self._entries))
        rows = ((row_id, *row) for row_id, row in zip(entries, self._entries, strict=True))
        bulk_insert(table_of(LedgerEntry), ("id", *postings.COLUMNS), rows, are_ready=True)
        add_days(self._days)
        return Written(ids, entries, self._totals, self._days)


def table_of(model: Any) -> Table:
    """The table behind a model, for `kernel.bulk`."""
    return cast("Table", model.__table__)


def _call_row(call: PastCall, price: Any, *, has_recording: bool) -> tuple[Any, ...]:
    """Values of `_CALL_COLUMNS` between the id and the class."""
    a, b = call.legs[0], call.legs[-1]
    caller, callee = call.caller, call.callee
    number, name = (callee.address, callee.name) if callee else (None, None)
    return (
        call.api_call_id, "main", call.kind.value, call.outcome.value,
        caller.address, caller.name, call.did, number, name,
        call.started_at, call.answered_at, call.ended_at,
        whole_seconds(a.answered_at, a.ended_at) if a.answered_at else 0,
        call.talk_seconds, call.talk_seconds,
        whole_seconds(a.started_at, a.answered_at or a.ended_at),
        whole_seconds(b.started_at, call.answered_at or call.ended_at) if callee else None,
        has_recording, price, 1, search_text((caller.address, number), (caller.name, name)),
    )  # fmt: skip


def _leg_rows(calls: Sequence[PastCall]) -> Iterator[tuple[Any, ...]]:
    """Values of `_LEG_COLUMNS`; for the call's id stands its place among the calls."""
    for place, call in enumerate(calls):
        for number, leg in enumerate(call.legs, 1):
            yield _leg_row(place, number, leg)


def _leg_row(call_id: int, number: int, leg: PastLeg) -> tuple[Any, ...]:
    """Values of `_LEG_COLUMNS`."""
    return (
        call_id, number, leg.address, leg.label, leg.side.value, leg.reason.value if leg.reason else None,
        1 if leg.reason else 0, leg.started_at, leg.started_at, leg.answered_at, leg.ended_at,
        leg.result.value, leg.end.value,
    )  # fmt: skip
