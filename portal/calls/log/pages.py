"""The call log, newest first, a page at a time by key: a deep page costs what the first one costs.

A choice that the classes of calls tell is answered by the newest of each. Any other looks first through the nearest
calls, which is enough where it is not rare, and then where its calls can be: in the seconds that the text index names,
or among the newest of the classes that hold some. What is examined is bounded: a page that finds little in a long
stretch says how far it has looked, and the next one goes on there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Select, select

from portal.calls.log import looks
from portal.calls.log.filters import CallFilters
from portal.calls.log.stretch import CALLS, Stretch
from portal.calls.logged import LOGGED, LoggedCall
from portal.calls.models import CallRecord
from portal.kernel.paging import Cursor, Page

Call = TypeVar("Call", CallRecord, LoggedCall)


@dataclass(frozen=True, slots=True)
class LogPage(Page[Call]):
    """A page of the log. `looked_to` is set where it may end early: how far it has looked, and the next goes on."""

    looked_to: datetime | None = None


def call_page(filters: CallFilters, cursor: Cursor | None = None, limit: int = 50) -> LogPage[CallRecord]:
    """At most `limit` calls of the choice, newest first, after the cursor's call (or before it, going back)."""
    return _page(select(CallRecord), itemgetter(0), filters, cursor, limit)


def shown_page(filters: CallFilters, cursor: Cursor | None = None, limit: int = 50) -> LogPage[LoggedCall]:
    """The same as plain values, to be drawn."""
    return _page(LOGGED, LoggedCall._make, filters, cursor, limit)


def _page(
    rows: Select[Any], call_of: Callable[[Any], Call], filters: CallFilters, cursor: Cursor | None, limit: int
) -> LogPage[Call]:
    found: list[Call] = []
    left: Stretch | None = None
    for looked in looks.over(rows, filters, cursor, limit + 1):
        found += map(call_of, looked.rows)
        left = looked.left
        if len(found) > limit:
            break
    page = CALLS.page(found, cursor, limit)
    if left is None or len(found) > limit:
        return LogPage(page.rows, page.next, page.previous)
    return _ended_early(page, left, cursor)


def _ended_early(page: Page[Call], left: Stretch, cursor: Cursor | None) -> LogPage[Call]:
    going_on = left.cursor().encode()
    if cursor is not None and cursor.backwards:
        return LogPage(page.rows, page.next or left.turned().encode(), going_on, left.edge)
    return LogPage(page.rows, going_on, page.previous, left.edge)
