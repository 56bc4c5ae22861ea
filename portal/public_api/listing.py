"""`get_calls`: a plain array, streamed in batches so that memory stays flat, paged by a cursor in a header."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Row, Select, Tuple, literal, select, tuple_

from portal.calls.models import CallRecord
from portal.kernel.clock import from_unix
from portal.kernel.db import db, transaction
from portal.kernel.paging import Cursor
from portal.public_api.wire import WireCall, call_json
from portal.recordings.models import Recording, RecordingState

DEFAULT_LIMIT = 1_000
MAX_LIMIT = 1_000_000
_BATCH = 2_000
_MICROSECONDS = 1_000_000
_ONE_SECOND = timedelta(seconds=1)
AnyRows = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]
Place = tuple[datetime, int]
"""Where a call stands in the order: its start, its row."""
_COLUMNS = (
    CallRecord.started_at,
    CallRecord.account_id,
    CallRecord.kind,
    CallRecord.caller,
    CallRecord.caller_name,
    CallRecord.did,
    CallRecord.callee,
    CallRecord.callee_name,
    CallRecord.caller_leg_seconds,
    CallRecord.callee_leg_seconds,
    CallRecord.talk_seconds,
    CallRecord.caller_wait_seconds,
    CallRecord.callee_wait_seconds,
    Recording.file_name,
    CallRecord.price,
    CallRecord.api_call_id,
)
"""In the order of `WireCall`; the row's id goes before them."""


@dataclass(frozen=True, slots=True)
class CallQuery:
    """What was asked for; None does not filter. `since` and `until` are whole seconds, both included."""

    api_call_id: str | None = None
    caller: str | None = None
    did: str | None = None
    callee: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = DEFAULT_LIMIT
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """From which call to which an answer goes, settled before its first byte; calls that begin meanwhile belong to
    no page, and so none is lost between two pages. `last` is None on the last page.
    """

    first: Place
    last: Place | None

    @property
    def next_cursor(self) -> str | None:
        """The text of the cursor of the page after this one, where there is one."""
        if self.last is None:
            return None
        moment, row_id = self.last
        return Cursor((int(moment.timestamp()) * _MICROSECONDS + moment.microsecond, row_id)).encode()


def read_cursor(text: str) -> Place | None:
    """The place that a cursor names, or None for anything that we did not write."""
    cursor = Cursor.decode(text, parts=2)
    if cursor is None or cursor.backwards:
        return None
    seconds, micro = divmod(cursor.key[0], _MICROSECONDS)
    # Nothing began before 1970 or after 2100; further moments have no name in Python.
    return (from_unix(seconds).replace(microsecond=micro), cursor.key[1]) if 0 <= seconds < 4_102_444_800 else None


def span(query: CallQuery) -> Span | None:
    """Which calls the answer to this query holds, by one look at its ends; None where there are none."""
    keys: AnyRows = select(CallRecord.id, CallRecord.started_at)
    keys = _newest_first(_filtered(keys, query))
    first = db.session.execute(keys.limit(1)).one_or_none()
    if first is None:
        return None
    end = db.session.execute(keys.offset(query.limit - 1).limit(2)).all()
    return Span(_place(first), _place(end[0]) if len(end) == 2 else None)


def stream(app: Flask, account_id: int, query: CallQuery, whole: Span | None) -> Iterator[str]:
    """The array as JSON text, read when the server asks for it: after the view, outside of its context.

    Each batch is read by key in a transaction of its own, and none is open while a slow client takes its time. An
    error leaves the array without its end.
    """
    opening, after = "[", None
    while whole is not None:
        with app.app_context(), transaction(account_id, writes=False):
            rows = _batch(query, whole, after)
        if rows:
            yield opening + ",\n".join([call_json(WireCall._make(row[1:])) for row in rows])
            opening, after = ",\n", _place(rows[-1])
        if len(rows) < _BATCH:
            break
    yield "]" if opening != "[" else "[]"


def _batch(query: CallQuery, whole: Span, after: Place | None) -> list[AnyRow]:
    rows: AnyRows = select(CallRecord.id, *_COLUMNS).outerjoin(
        Recording,
        (Recording.account_id == CallRecord.account_id)
        & (Recording.call_id == CallRecord.id)
        & (Recording.state == RecordingState.READY),
    )
    rows = _filtered(rows, query)
    rows = rows.where(_key() <= _typed(whole.first)) if after is None else rows.where(_key() < _typed(after))
    if whole.last is not None:
        rows = rows.where(_key() >= _typed(whole.last))
    return list(db.session.execute(_newest_first(rows).limit(_BATCH)))


def _filtered(rows: AnyRows, query: CallQuery) -> AnyRows:
    equal = {
        CallRecord.api_call_id: query.api_call_id,
        CallRecord.caller: query.caller,
        CallRecord.did: query.did,
        CallRecord.callee: query.callee,
        CallRecord.kind: query.kind,
    }
    rows = rows.where(*(column == value for column, value in equal.items() if value is not None))
    if query.since is not None:
        rows = rows.where(CallRecord.started_at >= query.since)
    if query.until is not None:
        rows = rows.where(CallRecord.started_at < query.until + _ONE_SECOND)
    return rows if query.after is None else rows.where(_key() < _typed(query.after))


def _newest_first(rows: AnyRows) -> AnyRows:
    return rows.order_by(CallRecord.started_at.desc(), CallRecord.id.desc())


def _key() -> Tuple:
    return tuple_(CallRecord.started_at, CallRecord.id)


def _typed(place: Place) -> Tuple:
    # A tuple gives its values no types: without one, the moment would not be compared as the column stores it.
    return tuple_(literal(place[0], CallRecord.started_at.type), literal(place[1], CallRecord.id.type))


def _place(row: AnyRow) -> Place:
    return row.started_at, row.id
