"""Pages by key, never by offset: a cursor names the row after which the page begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.kernel.clock import from_microseconds, to_microseconds

T = TypeVar("T")
_LONGEST = 200
"""Longer than any of ours; what nests deeper than the JSON reader goes is longer still."""
R = TypeVar("R", bound=Any)

_LATEST = 4_102_444_800_000_000  # the year 2100


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after (or, going back, before) the row with this sort key."""

    key: tuple[int, ...]
    backwards: bool = False

    def encode(self) -> str:
        """Opaque text for a URL."""
        raw = json.dumps([int(self.backwards), *self.key], separators=(",", ":"))
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, parts: int) -> Cursor | None:
        """The cursor, or None for anything that we did not write (a page then begins at the start)."""
        if len(text) > _LONGEST:
            return None
        try:
            values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValueError, binascii.Error):
            return None
        if not isinstance(values, list) or len(values) != parts + 1 or not all(type(v) is int for v in values):
            return None
        if values[0] not in (0, 1) or any(abs(v) >= 1 << 63 for v in values):
            return None
        return cls(tuple(values[1:]), bool(values[0]))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursors (as URL text) of the pages before and after them."""

    rows: Sequence[T]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class NewestFirst:
    """The order of everything that happens: the latest moment first, and by id among equals."""

    moment: InstrumentedAttribute[datetime]
    id: InstrumentedAttribute[int]

    @staticmethod
    def read(text: str) -> Cursor | None:
        """The cursor that an address carries, or None for anything that no page has written."""
        cursor = Cursor.decode(text, 2)
        return cursor if cursor is not None and 0 <= cursor.key[0] < _LATEST else None

    def ordered(self, rows: Select[R], cursor: Cursor | None = None) -> Select[R]:
        """The rows from the cursor on; going back, the nearest newer ones come first."""
        columns = (self.moment, self.id)
        if cursor is not None and cursor.backwards:
            return rows.where(tuple_(*columns) > self._place(cursor)).order_by(*columns)
        if cursor is not None:
            rows = rows.where(tuple_(*columns) < self._place(cursor))
        return rows.order_by(*(column.desc() for column in columns))

    def page(self, found: Sequence[T], cursor: Cursor | None, limit: int) -> Page[T]:
        """A page of entities out of at most `limit + 1` rows of `ordered`: one more than is shown tells of more."""
        going_back = cursor is not None and cursor.backwards
        rows = found[:limit][::-1] if going_back else found[:limit]
        has_more = len(found) > limit
        has_older, has_newer = (True, has_more) if going_back else (has_more, cursor is not None)
        return Page(
            rows,
            next=self.cursor_of(rows[-1]).encode() if rows and has_older else None,
            previous=self.cursor_of(rows[0], backwards=True).encode() if rows and has_newer else None,
        )

    def cursor_of(self, row: object, *, backwards: bool = False) -> Cursor:
        """Where this entity, or row with its columns, stands."""
        return self.cursor_at(getattr(row, self.moment.key), getattr(row, self.id.key), backwards=backwards)

    @staticmethod
    def cursor_at(moment: datetime, row_id: int, *, backwards: bool = False) -> Cursor:
        """Where a row of this moment and id would stand."""
        return Cursor((to_microseconds(moment), row_id), backwards)

    @staticmethod
    def place_of(cursor: Cursor) -> tuple[datetime, int]:
        """The moment and the id that a cursor names."""
        micro, row_id = cursor.key
        return from_microseconds(micro), row_id

    def reached(self, rows: Select[R], cursor: Cursor) -> Select[R]:
        """The rows as far as the cursor's, which is one of them: what `ordered` with this cursor leaves out."""
        columns = tuple_(self.moment, self.id)
        place = self._place(cursor)
        return rows.where(columns <= place if cursor.backwards else columns >= place)

    def _place(self, cursor: Cursor) -> ColumnElement[Any]:
        moment, row_id = self.place_of(cursor)
        # A tuple gives its values no types: without one, the moment would not be compared as the column stores it.
        return tuple_(literal(moment, self.moment.type), literal(row_id, self.id.type))


class OldestFirst(NewestFirst):
    """The other way round, for what is to be done: the earliest moment first."""

    __slots__ = ()

    def ordered(self, rows: Select[R], cursor: Cursor | None = None) -> Select[R]:
        """The rows from the cursor on; going back, the nearest older ones come first."""
        columns: tuple[ColumnElement[Any], ...] = (self.moment.expression, self.id.expression)
        if cursor is not None and cursor.backwards:
            earlier = rows.where(tuple_(*columns) < self._place(cursor))
            return earlier.order_by(*(column.desc() for column in columns))
        if cursor is not None:
            rows = rows.where(tuple_(*columns) > self._place(cursor))
        return rows.order_by(*columns)
