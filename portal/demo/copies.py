"""A long past repeats itself: chapters of one week are copied to earlier weeks within the database.

That is quicker by far than to make each call up. A copy has its own ids, moments and strange numbers; everybody whom
the address book knows calls again, talks last as long and cost the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    String,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    select,
    type_coerce,
)

from portal.billing.models import EntryKind, LedgerEntry
from portal.calls.log import moments
from portal.calls.log.figures import Figures, Place, add_many_totals
from portal.calls.log.models import Grain
from portal.calls.log.textindex import words_together
from portal.calls.models import CallLeg, CallRecord
from portal.demo.chapter import Written, table_of
from portal.demo.postings import add_days
from portal.kernel.bulk import bulk_copy, reserve_ids
from portal.kernel.db import db, is_sqlite

WEEK = timedelta(days=7)
_MICROSECOND = timedelta(microseconds=1)
_KEPT_DIGITS = 7
"""Of a stranger's number: as many as any rate looks at, so that a copy costs what its pattern cost."""
_VARIANTS = 10_000
_STRIDE = 977
"""A prime: a stranger's number comes back after ten thousand copies only."""


def copy(written: Written, weeks: int, first: int | None = None) -> int:
    """Writes a chapter's calls once more, so many weeks earlier; answers how many rows these are.

    `first` of as many ids that were reserved for its calls.
    """
    first = reserve_ids(table_of(CallRecord), len(written.calls)) if first is None else first
    calls = range(first, first + len(written.calls))
    move, earlier = first - written.calls.start, weeks * WEEK
    with words_together(calls):
        rows = _copy_calls(written.calls, move, earlier, weeks)
    rows += _copy_legs(written.calls, move, earlier, weeks)
    rows += _copy_postings(written.entries, earlier, weeks)
    _note_moments(calls)
    # At the end, since whoever else adds to these months waits for the commit.
    add_many_totals(_moved(written.totals, earlier))
    add_days([{**day, "day": day["day"] - earlier} for day in written.days])
    return rows


def _copy_calls(calls: range, move: int, earlier: timedelta, weeks: int) -> int:
    row = CallRecord
    caller, callee = _stranger(row.caller, row.caller_name, weeks), _stranger(row.callee, row.callee_name, weeks)
    text = func.replace(row.search_text, row.caller, caller)
    changes: dict[str, ColumnElement[Any]] = {
        "id": row.id + move,
        "api_call_id": _new_id(earlier),
        "caller": caller,
        "callee": callee,
        "search_text": func.replace(text, func.coalesce(row.callee, ""), func.coalesce(callee, "")),
        "started_at": _before(row.started_at, earlier),
        "answered_at": _before(row.answered_at, earlier),
        "ended_at": _before(row.ended_at, earlier),
    }
    return bulk_copy(table_of(row), changes, row.id.between(calls.start, calls.stop - 1))


def _copy_legs(calls: range, move: int, earlier: timedelta, weeks: int) -> int:
    row = CallLeg
    changes: dict[str, ColumnElement[Any]] = {
        "call_id": row.call_id + move,
        "address": _stranger(row.address, func.nullif(row.label, ""), weeks),
        "started_at": _before(row.started_at, earlier),
        "rang_at": _before(row.rang_at, earlier),
        "answered_at": _before(row.answered_at, earlier),
        "ended_at": _before(row.ended_at, earlier),
    }
    return bulk_copy(table_of(row), changes, row.call_id.between(calls.start, calls.stop - 1))


def _copy_postings(entries: range, earlier: timedelta, weeks: int) -> int:
    """Those of calls by the ids of their copies; each chapter's postings come to nothing, and so do their copies."""
    row = LedgerEntry
    of_call = (
        select(_new_id(earlier))
        .where(CallRecord.account_id == row.account_id, CallRecord.api_call_id == row.source)
        .scalar_subquery()
    )
    changes: dict[str, ColumnElement[Any]] = {
        "at": _before(row.at, earlier),
        "source": case((row.kind == EntryKind.CALL, of_call), else_=row.source + f"-{weeks}"),
    }
    return bulk_copy(table_of(row), changes, row.id.between(entries.start, entries.stop - 1))


def _note_moments(calls: range) -> None:
    if is_sqlite():
        second = type_coerce(CallRecord.started_at, BigInteger).op("/")(1_000_000)
        texts = select(second, CallRecord.search_text).where(CallRecord.id.between(calls.start, calls.stop - 1))
        moments.note((at, words) for at, words in db.session.execute(texts))


def _moved(totals: Mapping[Place, Figures], earlier: timedelta) -> Mapping[Place, Figures]:
    """The totals of the days, as many days earlier, and what they come to by month.

    All calls are in working hours, so that a change of the clocks moves none to another day.
    """
    moved: dict[Place, Figures] = defaultdict(Figures)
    for place, figures in totals.items():
        if place.grain is Grain.DAY:
            day = place.first_day - earlier
            moved[Place(Grain.DAY, day, place.facts)] += figures
            moved[Place(Grain.MONTH, day.replace(day=1), place.facts)] += figures
    return moved


def _before(moment: Any, earlier: timedelta) -> ColumnElement[Any]:
    if is_sqlite():
        return type_coerce(moment, BigInteger) - earlier // _MICROSECOND
    return type_coerce(moment, DateTime(timezone=True)) - literal(earlier)


def _new_id(earlier: timedelta) -> ColumnElement[Any]:
    """Begins with the moment, as all ids of a past do, here in decimal digits; the rest is the pattern's."""
    at = _before(CallRecord.started_at, earlier)
    milliseconds = at // 1000 if is_sqlite() else cast(func.floor(extract("epoch", at) * 1000), BigInteger)
    digits = _part(cast(milliseconds + 10**13, String), 3)
    return digits + _part(CallRecord.api_call_id, 13)


def _stranger(address: Any, name: Any, weeks: int) -> ColumnElement[Any]:
    """Another number of the same beginning where nobody is known by this one."""
    last = cast(_part(address, _KEPT_DIGITS + 1), BigInteger)
    other = _part(cast((last + weeks * _STRIDE) % _VARIANTS + _VARIANTS, String), 2)
    is_stranger = and_(func.length(address) == 11, address.like("79%"), name.is_(None))
    return case((is_stranger, _part(address, 1, _KEPT_DIGITS) + other), else_=address)


def _part(text: Any, *bounds: int) -> ColumnElement[str]:
    return func.substr(text, *bounds, type_=String)
