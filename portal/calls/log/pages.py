"""The call log, newest first, a page at a time by key: a deep page costs what the first one costs.

A page looks first through the nearest calls, which answers every choice that is not rare. Then it looks where calls
of the choice can be: in the seconds that the text index names, or among the newest of each class. What is examined is
bounded: a page that finds little in a long stretch says how far it has looked, and the next one goes on there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from portal.calls.log import choice, ways
from portal.calls.log.filters import CallFilters
from portal.calls.log.stretch import CALLS, Stretch
from portal.calls.models import CallRecord
from portal.kernel.paging import Cursor, Page


@dataclass(frozen=True, slots=True)
class LogPage(Page[CallRecord]):
    """A page of the log. `looked_to` is set where it may end early: how far it has looked, and the next goes on."""

    looked_to: datetime | None = None


def call_page(filters: CallFilters, cursor: Cursor | None = None, limit: int = 50) -> LogPage:
    """At most `limit` calls of the choice, newest first, after the cursor's call (or before it, going back)."""
    found: list[CallRecord] = []
    whole = Stretch.of(filters, cursor)
    left: Stretch | None = whole
    for looked in _looks(filters, whole, limit + 1):
        found += looked.rows
        left = looked.left
        if left is None or len(found) > limit:
            break
    page = CALLS.page(found, cursor, limit)
    if left is None or len(found) > limit:
        return LogPage(page.rows, page.next, page.previous)
    return _ended_early(page, left, cursor)


def _ended_early(page: Page[CallRecord], left: Stretch, cursor: Cursor | None) -> LogPage:
    going_on = left.cursor().encode()
    if cursor is not None and cursor.backwards:
        return LogPage(page.rows, page.next or left.turned().encode(), going_on, left.edge)
    return LogPage(page.rows, going_on, page.previous, left.edge)


def _looks(filters: CallFilters, left: Stretch, wanted: int) -> Iterator[ways.Looked]:
    """One look after another, each at a farther stretch than the one before."""
    rows = _chosen(filters)
    if not choice.is_choosy(filters):
        yield ways.all_of(rows, left, wanted)
        return
    looked = ways.nearest(rows, left, wanted)
    yield looked
    if looked.left is None:
        return
    for way in ways.farther(filters):
        while looked.left is not None:
            further = way(rows, filters, looked.left, wanted)
            if further is None:
                break
            looked = further
            yield looked


def _chosen(filters: CallFilters) -> Select[CallRecord]:
    return select(CallRecord).where(*choice.conditions(filters))
