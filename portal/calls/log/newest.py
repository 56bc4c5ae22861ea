"""The newest calls of some classes, from one index: where each class is read on its own, none hides the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, String, bindparam, column, text

from portal.calls.log.stretch import Stretch
from portal.kernel import clock
from portal.kernel.db import db, is_sqlite
from portal.kernel.tenancy import current_account_id

Key = tuple[datetime, int]
"""When a call began, and its id."""
_MICROSECONDS = 1_000_000
_SPARE = 4
"""Times as many as are wanted are read in all at first, since some classes are more frequent than others."""
_GROWTH = 8
# The index is named, since SQLite knows no better than to take another one that has the class in it as well.
_SQLITE = """
select json_group_array(json((
    select json_group_array(json_array(started_at, id)) from (
        select started_at, id from call_record indexed by ix_call_record_class
        where account_id = :account and class_id = class.value
            and started_at {bound} :bound and (started_at, id) {beyond} (:edge, :edge_id)
        order by started_at {order}, id {order} limit :limit
    )
))) from json_each(:classes) as class
"""
_POSTGRESQL = """
select started_at, id from unnest(cast(:classes as bigint[])) as class(id_of_class)
cross join lateral (
    select started_at, id from call_record
    where account_id = :account and class_id = id_of_class
        and started_at {bound} :bound and (started_at, id) {beyond} (:edge, :edge_id)
    order by started_at {order}, id {order} limit :limit
) as newest
order by started_at {order}, id {order} limit :limit
"""
_OLDER = {"bound": ">=", "beyond": "<", "order": "desc"}
_NEWER = {"bound": "<", "beyond": ">", "order": "asc"}


def newest(classes: Iterable[int], window: Stretch, limit: int) -> Sequence[Key]:
    """The nearest calls of the entered account's classes in this window, `limit` of them at most."""
    words = _NEWER if window.is_backwards else _OLDER
    values = {
        "account": current_account_id(),
        "bound": window.until if window.is_backwards else window.since,
        "edge": window.edge,
        "edge_id": window.edge_id,
        "limit": limit,
    }
    find = _from_sqlite if is_sqlite() else _from_postgresql
    return find(list(classes), values, words)


def _from_sqlite(classes: list[int], values: dict[str, Any], words: dict[str, str]) -> Sequence[Key]:
    values |= {name: _micro(values[name]) for name in ("bound", "edge")} | {"classes": json.dumps(classes)}
    statement = text(_SQLITE.format_map(words)).columns(column("lists", String))
    wanted, is_older = values["limit"], words is _OLDER
    # A few of each at first: all that are wanted, of each of a hundred classes, would be a hundred times too many.
    of_each = min(wanted, _SPARE * wanted // max(len(classes), 1) + 1)
    while True:
        lists = json.loads(db.session.scalar(statement, values | {"limit": of_each}))
        # The nearest are told apart before they become moments.
        found = sorted((pair for pairs in lists for pair in pairs), reverse=is_older)
        ends = [pairs[-1] for pairs in lists if len(pairs) == of_each] if of_each < wanted else []
        if ends:
            # Of a class whose list is full nobody knows what lies beyond its end.
            found = found[: found.index(max(ends) if is_older else min(ends)) + 1]
        if not ends or len(found) >= wanted:
            return [(_moment(micro), row_id) for micro, row_id in found[:wanted]]
        of_each = min(wanted, of_each * _GROWTH)


def _from_postgresql(classes: list[int], values: dict[str, Any], words: dict[str, str]) -> Sequence[Key]:
    typed = (bindparam("bound", type_=DateTime(timezone=True)), bindparam("edge", type_=DateTime(timezone=True)))
    statement = text(_POSTGRESQL.format_map(words)).bindparams(*typed, bindparam("edge_id", type_=BigInteger))
    keys = statement.columns(column("started_at", DateTime(timezone=True)), column("id", BigInteger))
    return [(moment, row_id) for moment, row_id in db.session.execute(keys, values | {"classes": classes})]


def _moment(micro: int) -> datetime:
    seconds, rest = divmod(micro, _MICROSECONDS)
    return clock.from_unix(seconds) + timedelta(microseconds=rest)


def _micro(moment: datetime) -> int:
    return clock.to_unix(moment) * _MICROSECONDS + moment.microsecond
