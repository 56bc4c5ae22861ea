"""Looking for text on SQLite: an index of moments, which tells in which seconds calls hold given trigrams.

FTS5 with trigrams, without content and positions. Its row id is the UNIX second in which a call began, so that the
newest are found first, a period is a range of row ids, and a page can go on where the last one ended. A second may hold
calls of many accounts, and what a call was known by once stays: the index names seconds worth looking into, and the
calls of these seconds are then read by the account's own index and compared. An account is a word of its own in it:
a neighbour's million calls cost nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Select, String, column, func, insert, literal_column, select, table, text

from portal.kernel.clock import UtcDateTime
from portal.kernel.db import db, is_sqlite
from portal.kernel.prepared import Prepared, given
from portal.kernel.tenancy import current_account_id
from portal.kernel.trigrams import indexed, match

_MOMENTS = table("call_moment", column("rowid", BigInteger), column("words", String))
_INSERT = Prepared(insert(_MOMENTS).values(given(("rowid", "words"))))
_COMMAND = text("insert into call_moment (call_moment, rank) values (:command, :value)")
_PARTS, _PARTS_OF_MANY = 4, 16
"""So many parts of one size become one (SQLite's own figure, and the most it takes)."""
_PAGES_AT_ONCE = 2000
# The order of the tables is told, since SQLite would rather walk the whole account.
_CALLS = text(
    "select call.started_at, call.id from json_each(:seconds) as second cross join call_record as call"
    " where call.account_id = :account and call.started_at >= second.value * 1000000"
    " and call.started_at < (second.value + 1) * 1000000"
).columns(column("started_at", UtcDateTime), column("id", BigInteger))


def note(calls: Iterable[tuple[int, str]]) -> None:
    """Calls of the entered account have begun in these UNIX seconds, with these texts to find them by."""
    if not is_sqlite():
        return
    seconds: dict[int, set[str]] = defaultdict(set)
    for second, words in calls:
        seconds[second].add(words)
    ours = current_account_id()
    rows = [{"rowid": second, "words": indexed(ours, "".join(sorted(seconds[second])))} for second in sorted(seconds)]
    _INSERT.run(*rows)


def expect_many_calls(are_coming: bool) -> None:  # noqa: FBT001
    """Millions of calls are coming, or have come: the index joins its parts seldom, which makes writing quick, or as
    often as ever, which makes reading quick.
    """
    if is_sqlite():
        db.session.execute(_COMMAND, {"command": "automerge", "value": _PARTS_OF_MANY if are_coming else _PARTS})


def join_parts(*, begin: bool) -> bool:
    """Joins parts of the index for some tenths of a second; whether there is more to join.

    With `begin` all that there are, else what was begun (https://www.sqlite.org/fts5.html, the 'merge' command).
    """
    if not is_sqlite():
        return False
    before = _changes()
    db.session.execute(_COMMAND, {"command": "merge", "value": -_PAGES_AT_ONCE if begin else _PAGES_AT_ONCE})
    # One row is the command itself.
    return _changes() - before > 1


def seconds_with(needles: Iterable[str], first: int, last: int, *, oldest_first: bool, limit: int) -> Select[Any]:
    """Seconds from `first` to `last` in which a call of the entered account may hold all of the needles."""
    rowid = _MOMENTS.c.rowid
    return (
        select(rowid.label("second"))
        .where(literal_column("call_moment").op("match")(match(current_account_id(), needles)))
        .where(rowid >= first, rowid <= last)
        .order_by(rowid if oldest_first else rowid.desc())
        .limit(limit)
    )


def calls_in(seconds: Sequence[int]) -> Sequence[tuple[datetime, int]]:
    """When the entered account's calls of these seconds began, and their ids."""
    values = {"seconds": json.dumps(list(seconds)), "account": current_account_id()}
    return [(moment, row_id) for moment, row_id in db.session.execute(_CALLS, values)]


def _changes() -> int:
    return int(db.session.scalar(select(func.total_changes())) or 0)
