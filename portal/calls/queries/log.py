"""The call log, newest first, a page at a time by key: a deep page costs what the first one costs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select, tuple_

from portal.calls import search
from portal.calls.filters import CallFilters
from portal.calls.models import CallRecord
from portal.kernel.clock import from_unix
from portal.kernel.db import db
from portal.kernel.paging import Cursor, Page

_KEY_PARTS = 2  # the call's start in microseconds, its row
_MICROSECONDS = 1_000_000
_LATEST = 4_102_444_800 * _MICROSECONDS  # the year 2100


def read_cursor(text: str) -> Cursor | None:
    """The cursor that an address carries, or None for anything that no page of the log has written."""
    cursor = Cursor.decode(text, _KEY_PARTS)
    return cursor if cursor is not None and 0 <= cursor.key[0] < _LATEST else None


def call_page(filters: CallFilters, cursor: Cursor | None = None, limit: int = 50) -> Page[CallRecord]:
    """At most `limit` calls of the choice, newest first, after the cursor's call (or before it, going back)."""
    is_back = cursor is not None and cursor.backwards
    rows = list(db.session.scalars(_from_here(_chosen(filters), cursor).limit(limit + 1)))
    has_more = len(rows) > limit
    rows = rows[:limit]
    if is_back:
        rows.reverse()
    if not rows:
        return Page(rows, next=None, previous=None)
    has_older, has_newer = (True, has_more) if is_back else (has_more, cursor is not None)
    return Page(
        rows,
        next=_cursor(rows[-1]).encode() if has_older else None,
        previous=_cursor(rows[0], backwards=True).encode() if has_newer else None,
    )


def _chosen(filters: CallFilters) -> Select[CallRecord]:
    return select(CallRecord).where(*_moments(filters), *_facts(filters), *_words(filters))


def _moments(filters: CallFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.since is not None:
        conditions.append(CallRecord.started_at >= filters.since)
    if filters.until is not None:
        conditions.append(CallRecord.started_at < filters.until)
    return conditions


def _facts(filters: CallFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.direction is not None:
        conditions.append(CallRecord.kind == filters.direction.kind)
    if filters.outcome is not None:
        conditions.append(CallRecord.outcome == filters.outcome)
    if filters.line is not None:
        conditions.append(CallRecord.did == filters.line)
    if filters.has_record is not None:
        conditions.append(CallRecord.has_recording.is_(filters.has_record))
    return conditions


def _words(filters: CallFilters) -> list[ColumnElement[bool]]:
    """One column holds every number and name: a condition over several columns with OR could use no index."""
    needles = [filters.q and search.needle(filters.q), filters.sip and search.address_needle(filters.sip)]
    return [CallRecord.search_text.contains(needle, autoescape=True) for needle in needles if needle]


def _from_here(calls: Select[CallRecord], cursor: Cursor | None) -> Select[CallRecord]:
    key = (CallRecord.started_at, CallRecord.id)
    if cursor is not None and cursor.backwards:
        return calls.where(tuple_(*key) > _place(cursor)).order_by(*key)
    if cursor is not None:
        calls = calls.where(tuple_(*key) < _place(cursor))
    return calls.order_by(*(column.desc() for column in key))


def _place(cursor: Cursor) -> ColumnElement[Any]:
    micro, row_id = cursor.key
    moment = from_unix(micro // _MICROSECONDS).replace(microsecond=micro % _MICROSECONDS)
    # A tuple gives its values no types: without one, the moment would not be compared as the column stores it.
    return tuple_(literal(moment, CallRecord.started_at.type), literal(row_id, CallRecord.id.type))


def _cursor(call: CallRecord, *, backwards: bool = False) -> Cursor:
    seconds = int(call.started_at.timestamp())
    return Cursor((seconds * _MICROSECONDS + call.started_at.microsecond, call.id), backwards)
