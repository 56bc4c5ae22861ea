"""`get_calls`: a plain array, streamed as the database reads it, so that memory stays flat; paged by a cursor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import BigInteger, Tuple, literal, select, tuple_, type_coerce

from portal.calls.models import CallRecord
from portal.kernel.clock import monotonic, unix_seconds
from portal.kernel.db import db, transaction
from portal.kernel.rowstream import AnyRow, AnyRows, stream_rows
from portal.public_api.cursors import Place
from portal.public_api.wire import call_json
from portal.recordings.models import Recording, RecordingState

DEFAULT_LIMIT = 1_000
MAX_LIMIT = 1_000_000
_BATCH = 2_000
_SNAPSHOT_SECONDS = 120.0
"""A moment is not held for a client that reads for longer: PostgreSQL could not clean up, SQLite's log would grow."""
_ONE_SECOND = timedelta(seconds=1)
_COLUMNS = (
    CallRecord.account_id,
    unix_seconds(CallRecord.started_at),
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
    type_coerce(CallRecord.price, BigInteger),
    CallRecord.api_call_id,
)
"""What `wire.call_json` takes, as the columns hold it; the row's id comes after them."""


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


def span(query: CallQuery) -> Span | None:
    """Which calls the answer to this query holds, by one look at its ends; None where there are none."""
    keys: AnyRows = select(CallRecord.started_at, CallRecord.id)
    keys = _newest_first(_filtered(keys, query))
    first = db.session.execute(keys.limit(1)).one_or_none()
    if first is None:
        return None
    end = db.session.execute(keys.offset(query.limit - 1).limit(2)).all()
    return Span(Place(*first), Place(*end[0]) if len(end) == 2 else None)


def stream(app: Flask, account_id: int, query: CallQuery, whole: Span | None) -> Iterator[bytes]:
    """The array as JSON text, read when the server asks for it: after the view, outside of its context.

    All calls are as they were at one moment; a client that reads for longer than two minutes gets the rest as of a
    later one, behind the last call that it was sent. An error leaves the array without its end.
    """
    opening = "["
    for batch in _batches(app, account_id, query, whole) if whole is not None else ():
        yield (opening + ",\n".join([call_json(row) for row in batch])).encode()
        opening = ",\n"
    yield b"]" if opening != "[" else b"[]"


def _batches(app: Flask, account_id: int, query: CallQuery, whole: Span) -> Iterator[Sequence[AnyRow]]:
    after: Place | None = None
    while True:
        until = monotonic() + _SNAPSHOT_SECONDS
        with closing(stream_rows(app, account_id, _rows(query, whole, after), batch=_BATCH)) as batches:
            for batch in batches:
                yield batch
                if monotonic() > until:
                    after = _place(app, account_id, batch[-1].id)
                    break
            else:
                return


def _place(app: Flask, account_id: int, row_id: int) -> Place:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return Place(session.scalars(select(CallRecord.started_at).where(CallRecord.id == row_id)).one(), row_id)


def _rows(query: CallQuery, whole: Span, after: Place | None) -> AnyRows:
    rows: AnyRows = select(*_COLUMNS, CallRecord.id).outerjoin(
        Recording,
        (Recording.account_id == CallRecord.account_id)
        & (Recording.call_id == CallRecord.id)
        & (Recording.state == RecordingState.READY),
    )
    rows = _filtered(rows, query)
    rows = rows.where(_key() <= _typed(whole.first)) if after is None else rows.where(_key() < _typed(after))
    if whole.last is not None:
        rows = rows.where(_key() >= _typed(whole.last))
    return _newest_first(rows)


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
    return tuple_(literal(place.started_at, CallRecord.started_at.type), literal(place.row_id, CallRecord.id.type))
