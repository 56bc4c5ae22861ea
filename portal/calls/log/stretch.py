"""What of the log is still to be looked through: from one call on, towards the older ones or back to the newer ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar, cast

from sqlalchemy import Select, select

from portal.calls.log.filters import CallFilters
from portal.calls.models import CallRecord
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.paging import Cursor, NewestFirst

CALLS = NewestFirst(CallRecord.started_at, CallRecord.id)
LAST_ID = (1 << 62) - 1
"""Greater than the id of any call."""
_FIRST = clock.from_unix(0)
_MICROSECOND = timedelta(microseconds=1)
_LAST = clock.from_unix(4_102_444_799)
R = TypeVar("R", bound=Any)
Key = tuple[datetime, int]
"""When a call began, and its id."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Calls after the one at `edge` with the id `edge_id`, within `since` and `until`.

    So far about `looked` calls have been looked through, and `found` of them fit; there were `step` looks of this kind.
    """

    edge: datetime
    edge_id: int
    is_backwards: bool
    since: datetime
    until: datetime
    looked: int = 0
    found: int = 0
    step: int = 0
    is_thin: bool | None = None
    """Whether so few calls hold the text, in all of the log, that the index may name them all at once, where known."""

    @classmethod
    def of(cls, filters: CallFilters, cursor: Cursor | None) -> Self:
        """All that a page with this cursor may show."""
        since, until = filters.since or _FIRST, filters.until or _LAST
        if cursor is None:
            return cls(until, 0, is_backwards=False, since=since, until=until)
        place = CALLS.place_of(cursor)
        moment, row_id = max(place, (since, 0)) if cursor.backwards else min(place, (until, 0))
        return cls(moment, row_id, cursor.backwards, since, until)

    def cursor(self) -> Cursor:
        """Names the edge for the next page, or for `NewestFirst`."""
        return CALLS.cursor_at(self.edge, self.edge_id, backwards=self.is_backwards)

    def turned(self) -> Cursor:
        """The same edge for the way back."""
        return CALLS.cursor_at(self.edge, self.edge_id, backwards=not self.is_backwards)

    def ordered(self, rows: Select[R]) -> Select[R]:
        """The rows of this stretch, the nearest first."""
        # The edge bounds one side already: told twice, SQLite takes the wrong index.
        other_side = CallRecord.started_at < self.until if self.is_backwards else CallRecord.started_at >= self.since
        return CALLS.ordered(rows.where(other_side), self.cursor())

    def holds(self, moment: datetime, row_id: int) -> bool:
        """Whether this call belongs to it."""
        if self.is_backwards:
            return (moment, row_id) > (self.edge, self.edge_id) and moment < self.until
        return (moment, row_id) < (self.edge, self.edge_id) and moment >= self.since

    def in_order(self, rows: Select[R]) -> Select[R]:
        """Rows that are known to belong to it, the nearest first."""
        return CALLS.ordered(rows, CALLS.cursor_at(_FIRST, 0, backwards=True) if self.is_backwards else None)

    def call_at(self, number: int) -> Key | None:
        """Moment and id of the call of this number in it, 1 being the nearest; None where it has fewer."""
        keys: Select[Any] = self.ordered(cast("Select[Any]", select(CallRecord.started_at, CallRecord.id)))
        found = db.session.execute(keys.offset(number - 1).limit(1)).first()
        return found and (found.started_at, found.id)

    def beyond(self, edge: datetime, edge_id: int, looked: int = 0) -> Stretch:
        """What is left when all up to this call has been looked at, `looked` calls more."""
        return replace(self, edge=edge, edge_id=edge_id, looked=self.looked + looked, step=0)

    def up_to(self, moment: datetime) -> Stretch:
        """Its nearer part: as far as this moment, which does not belong to it going to older calls."""
        if self.is_backwards:
            return replace(self, until=min(self.until, moment))
        return replace(self, since=max(self.since, moment))

    def as_far_as(self, moment: datetime) -> Stretch:
        """Its nearer part, the calls of this moment included."""
        return self.up_to(moment + _MICROSECOND if self.is_backwards else moment)

    def end(self) -> datetime:
        """Where it ends: at the account's last call in its direction, or at the end of the period."""
        keys = select(CallRecord.started_at)
        if self.is_backwards:
            newest = db.session.scalar(keys.order_by(CallRecord.started_at.desc()).limit(1))
            return min(self.until, newest or _FIRST)
        oldest = db.session.scalar(keys.order_by(CallRecord.started_at).limit(1))
        return max(self.since, oldest or _LAST)

    def bounds(self) -> tuple[datetime, datetime]:
        """The moments that its calls lie between; the later one is no longer of it."""
        if self.is_backwards:
            return self.edge, self.until
        return self.since, min(self.until, self.edge + _MICROSECOND)
