"""`get_calls`: a plain array, streamed in batches so that memory stays flat, paged by a cursor in a header."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, literal, select, tuple_

from portal.calls.models import CallRecord
from portal.kernel.clock import from_unix
from portal.kernel.db import db, transaction
from portal.kernel.paging import Cursor
from portal.public_api.wire import call_json
from portal.recordings.models import Recording, RecordingState

DEFAULT_LIMIT = 1_000
MAX_LIMIT = 1_000_000
_BATCH = 1_000
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class CallQuery:
    """What was asked for; None does not filter."""

    api_call_id: str | None = None
    caller: str | None = None
    did: str | None = None
    callee: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = DEFAULT_LIMIT
    after: Cursor | None = None


def next_cursor(query: CallQuery) -> str | None:
    """The cursor of the page after this one, or None where it is the last: the header goes out before the rows."""
    key = select(CallRecord.started_at, CallRecord.id)
    rows = db.session.execute(_newest_first(_filtered(key, query)).offset(query.limit - 1).limit(2)).all()
    return _cursor(rows[0].started_at, rows[0].id).encode() if len(rows) == 2 else None


def stream(account_id: int, query: CallQuery) -> Iterator[str]:
    """The array as JSON text. Each batch is read in a transaction of its own, by key."""
    left, after, opening = query.limit, query.after, "["
    while left > 0:
        with transaction(account_id, writes=False):
            rows = _batch(query, after, min(_BATCH, left))
        if rows:
            yield opening + ",\n".join(call_json(call, file_name) for call, file_name in rows)
            opening = ",\n"
            last = rows[-1][0]
            after = _cursor(last.started_at, last.id)
        left -= len(rows)
        if len(rows) < _BATCH:
            break
    yield "]" if opening != "[" else "[]"


def _batch(query: CallQuery, after: Cursor | None, size: int) -> list[tuple[CallRecord, str | None]]:
    rows = select(CallRecord, Recording.file_name).outerjoin(
        Recording,
        (Recording.account_id == CallRecord.account_id)
        & (Recording.call_id == CallRecord.id)
        & (Recording.state == RecordingState.READY),
    )
    found = db.session.execute(_newest_first(_filtered(rows, query, after)).limit(size)).all()
    return [(call, file_name) for call, file_name in found]


def _filtered(rows: Select[Any], query: CallQuery, after: Cursor | None = None) -> Select[Any]:
    equal = {
        CallRecord.api_call_id: query.api_call_id,
        CallRecord.caller: query.caller,
        CallRecord.did: query.did,
        CallRecord.callee: query.callee,
        CallRecord.kind: query.kind,
    }
    for column, value in equal.items():
        if value is not None:
            rows = rows.where(column == value)
    if query.since is not None:
        rows = rows.where(CallRecord.started_at >= query.since)
    if query.until is not None:
        rows = rows.where(CallRecord.started_at <= query.until)
    start = after or query.after
    if start is not None:
        micro, row_id = start.key
        moment = from_unix(micro // _MICROSECONDS).replace(microsecond=micro % _MICROSECONDS)
        # A tuple gives its values no types: without one, the moment would not be compared as the column stores it.
        place = tuple_(literal(moment, CallRecord.started_at.type), literal(row_id, CallRecord.id.type))
        rows = rows.where(tuple_(CallRecord.started_at, CallRecord.id) < place)
    return rows


def _newest_first(rows: Select[Any]) -> Select[Any]:
    return rows.order_by(CallRecord.started_at.desc(), CallRecord.id.desc())


def _cursor(moment: datetime, row_id: int) -> Cursor:
    return Cursor((int(moment.timestamp()) * _MICROSECONDS + moment.microsecond, row_id))
