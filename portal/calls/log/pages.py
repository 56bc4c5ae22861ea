"""The call log, newest first, a page at a time by key: a deep page costs what the first one costs."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, select

from portal.calls.log import search
from portal.calls.log.filters import CallFilters
from portal.calls.models import CallRecord
from portal.kernel.db import db
from portal.kernel.paging import Cursor, NewestFirst, Page

CALLS = NewestFirst(CallRecord.started_at, CallRecord.id)


def call_page(filters: CallFilters, cursor: Cursor | None = None, limit: int = 50) -> Page[CallRecord]:
    """At most `limit` calls of the choice, newest first, after the cursor's call (or before it, going back)."""
    rows = db.session.scalars(CALLS.ordered(_chosen(filters), cursor).limit(limit + 1)).all()
    return CALLS.page(rows, cursor, limit)


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
