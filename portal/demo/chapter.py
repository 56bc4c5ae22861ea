"""A chapter of a past: some thousand calls with their legs and postings, made ready first and then written at once,
so that the one writer of an embedded database is free again soon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from sqlalchemy import Table, literal_column

from portal.billing.models import LedgerDay, LedgerEntry
from portal.calls.log import moments
from portal.calls.log.classes import class_ids
from portal.calls.log.figures import add_many_totals
from portal.calls.log.search import search_text
from portal.calls.models import CallLeg, CallRecord
from portal.demo import postings
from portal.demo.history import PastCall, PastLeg
from portal.demo.postings import PriceBook, Purse
from portal.demo.sorting import Sorting
from portal.kernel.bulk import bulk_insert, reserve_ids
from portal.kernel.db import upsert
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


class Chapter:
    """Calls in the order of their beginning, ready to be written into the account whose prices and zone these are."""

    def __init__(
        self, calls: Sequence[PastCall], prices: PriceBook, purse: Purse, *, has_recording: bool = False
    ) -> None:
        priced = [prices.price(call) for call in calls]
        sorting = Sorting(purse.zone)
        self._calls = calls
        self._rows = []
        for call, (amount, _rating) in zip(calls, priced, strict=True):
            is_recorded = has_recording and call.talk_seconds > 0
            row = _call_row(call, amount, has_recording=is_recorded)
            self._rows.append(row)
            sorting.add(
                call,
                amount,
                row[_CALLER_WAITED if call.kind is CallKind.INCOMING else _CALLEE_WAITED] or 0,
                has_recording=is_recorded,
            )
        self._keys = sorting.keys
        self._totals = sorting.totals()
        self._entries = list(purse.entries(calls, priced))
        self._days = [
            {"day": day, "kind": kind, "amount": amount, "count": count}
            for (day, kind), (amount, count) in purse.days.items()
        ]
        purse.days.clear()

    def __len__(self) -> int:
        """How many rows it has, of calls, legs and postings together."""
        return len(self._rows) + sum(len(call.legs) for call in self._calls) + len(self._entries)

    def write(self) -> range:
        """Writes it in the present transaction; answers the calls' row numbers, in their order."""
        first = reserve_ids(_table(CallRecord), len(self._rows))
        ids = range(first, first + len(self._rows))
        classes = class_ids(self._keys)
        calls = zip(ids, self._rows, self._keys, strict=True)
        bulk_insert(_table(CallRecord), _CALL_COLUMNS, ((i, *row, classes[key]) for i, row, key in calls))
        add_many_totals(self._totals)
        moments.note((call.started_at, row[-1]) for call, row in zip(self._calls, self._rows, strict=True))
        bulk_insert(_table(CallLeg), _LEG_COLUMNS, self._leg_rows(ids))
        bulk_insert(_table(LedgerEntry), postings.COLUMNS, self._entries)
        if self._days:
            upsert(
                LedgerDay,
                self._days,
                key=["account_id", "day", "kind"],
                change={name: literal_column(f"ledger_day.{name} + excluded.{name}") for name in ("amount", "count")},
            )
        return ids

    def _leg_rows(self, ids: range) -> Iterator[tuple[Any, ...]]:
        for row_id, call in zip(ids, self._calls, strict=True):
            for number, leg in enumerate(call.legs, 1):
                yield _leg_row(row_id, number, leg)


def _table(model: Any) -> Table:
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


def _leg_row(call_id: int, number: int, leg: PastLeg) -> tuple[Any, ...]:
    """Values of `_LEG_COLUMNS`."""
    return (
        call_id, number, leg.address, leg.label, leg.side.value, leg.reason.value if leg.reason else None,
        1 if leg.reason else 0, leg.started_at, leg.started_at, leg.answered_at, leg.ended_at,
        leg.result.value, leg.end.value,
    )  # fmt: skip
