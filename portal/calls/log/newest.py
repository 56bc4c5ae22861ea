"""The newest calls of some classes, from one index: where each class is read on its own, none hides the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, DateTime, String, bindparam, column, text

from portal.calls.log.stretch import Key, Stretch
from portal.kernel import clock
from portal.kernel.db import db, is_sqlite
from portal.kernel.tenancy import current_account_id

Lists = dict[int, Sequence[Any]]
"""The nearest calls of each class: keys whose moment is as the database keeps it."""
_MICROSECOND = timedelta(microseconds=1)
_SPARE = 4
"""Times as many as are wanted are read in all at first, since some classes are more frequent than others."""
_GROWTH = 64
"""Times as many of each are read next, of those classes alone that may have more, and no older ones than were found."""
# The index is named, since SQLite knows no better than to take another one that has the class in it as well.
_SQLITE = """
select json_group_array(json_array(class.value, json((
    select json_group_array(json_array(started_at, id)) from (
        select started_at, id from call_record indexed by ix_call_record_class
        where account_id = :account and class_id = class.value
            and started_at {bound} :bound and (started_at, id) {beyond} (:edge, :edge_id)
        order by started_at {order}, id {order} limit :limit
    )
)))) from json_each(:classes) as class
"""
_POSTGRESQL = """
select id_of_class, started_at, id from unnest(cast(:classes as bigint[])) as class(id_of_class)
cross join lateral (
    select started_at, id from call_record
    where account_id = :account and class_id = id_of_class
        and started_at {bound} :bound and (started_at, id) {beyond} (:edge, :edge_id)
    order by started_at {order}, id {order} limit :limit
) as newest
order by id_of_class, started_at {order}, id {order}
"""
_OLDER = {"bound": ">=", "beyond": "<", "order": "desc"}
_NEWER = {"bound": "<=", "beyond": ">", "order": "asc"}


def newest(classes: Iterable[int], window: Stretch, limit: int) -> Sequence[Key]:
    """The nearest calls of the entered account's classes in this window, `limit` of them at most."""
    is_older = not window.is_backwards
    values = {
        "account": current_account_id(),
        "bound": _stored(window.since if is_older else window.until - _MICROSECOND),
        "edge": _stored(window.edge),
        "edge_id": window.edge_id,
    }
    asked, lists, found = list(classes), Lists(), list[Any]()
    # A few of each at first: all that are wanted, of each of a hundred classes, would be a hundred times too many.
    of_each = min(limit, _SPARE * limit // max(len(asked), 1) + 1)
    while asked:
        lists |= _lists(asked, values | {"limit": of_each}, _OLDER if is_older else _NEWER)
        found = sorted(chain.from_iterable(lists.values()), reverse=is_older)[:limit]
        is_enough = len(found) == limit
        if is_enough:
            values["bound"] = found[-1][0]
        # Of a class whose list is full nobody knows what lies beyond its end, and before the last that was found.
        full = [each for each in asked if len(lists.get(each, ())) == of_each < limit]
        asked = [each for each in full if not is_enough or (lists[each][-1] > found[-1]) is is_older]
        of_each = min(limit, of_each * _GROWTH)
    return [(_moment(moment), row_id) for moment, row_id in found]


def _lists(classes: list[int], values: Mapping[str, Any], words: Mapping[str, str]) -> Lists:
    if is_sqlite():
        statement = text(_SQLITE.format_map(words)).columns(column("lists", String))
        return dict(json.loads(db.session.scalar(statement, {**values, "classes": json.dumps(classes)})))
    typed = (bindparam("bound", type_=DateTime(timezone=True)), bindparam("edge", type_=DateTime(timezone=True)))
    asked = text(_POSTGRESQL.format_map(words)).bindparams(*typed, bindparam("edge_id", type_=BigInteger))
    columns = column("class", BigInteger), column("at", DateTime(timezone=True)), column("id", BigInteger)
    rows = db.session.execute(asked.columns(*columns), {**values, "classes": classes}).all()
    return {each: [row[1:] for row in found] for each, found in groupby(rows, key=itemgetter(0))}


def _stored(moment: datetime) -> Any:
    return clock.to_microseconds(moment) if is_sqlite() else moment


def _moment(stored: Any) -> datetime:
    return stored if isinstance(stored, datetime) else clock.from_microseconds(stored)
