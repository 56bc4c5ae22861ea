"""Looking for text on SQLite: an index of moments, which tells in which seconds calls hold given trigrams.

FTS5 with trigrams, without content and positions. Its row id is the UNIX second in which a call began, so that the
newest are found first, a period is a range of row ids, and a page can go on where the last one ended. A second may hold
calls of many accounts, and what a call was known by once stays: the index names seconds worth looking into, and the
account's calls of these seconds are then read and compared.

An account is a word of its own in it, so that a neighbour's million calls cost nothing. But that word stands at all the
seconds of the account, which are walked through beside those of the question: where most of the calls are the account's
own, the question alone is answered fifteen times sooner.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, TextualSelect, column, func, insert, select, table, text

from portal.kernel.clock import from_microseconds
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
# The calls of many seconds are sorted out here: each that came out would cost more than all that is done with it here.
_CALLS = """
select count(distinct second), count(distinct second) filter (where id is not null), min(second), max(second),
    json_group_array(json_array(started_at, id)) filter (where id is not null {fitting})
from (
    select second.rowid as second, call.started_at, call.id, call.class_id from (
        select rowid from call_moment where call_moment match :question and rowid >= :first and rowid <= :last
        order by rowid {order} limit :limit
    ) as second
    left join call_record as call on call.account_id = :account
        and call.started_at >= second.rowid * 1000000 and call.started_at < (second.rowid + 1) * 1000000
)
"""
_OF_CLASSES = "and class_id in (select value from json_each(:classes))"
_COLUMNS: tuple[Any, ...] = (
    *(column(name, BigInteger) for name in ("seconds", "own", "first", "last")),
    column("calls", String),
)
_CROWD = 8
"""Where of so many seconds less than one is the account's, its own word saves more than it costs."""


@dataclass(frozen=True, slots=True)
class Named:
    """So many seconds that the index names, how many of them are the account's, the first and the last one (None where
    there is none), and the account's calls of them.
    """

    seconds: int
    own: int
    first: int | None
    last: int | None
    calls: Sequence[tuple[datetime, int]]

    @property
    def is_crowded(self) -> bool:
        """Whether nearly all of these seconds are others'."""
        return self.own * _CROWD < self.seconds


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


def calls_with(
    needles: Iterable[str],
    first: int,
    last: int,
    *,
    classes: Sequence[int] | None,
    is_own: bool,
    oldest_first: bool,
    limit: int,
) -> Named:
    """The next seconds, `limit` of them at most, from `first` to `last`, in which a call may hold all of the needles.

    `is_own`: a call of the entered account, else of whichever. With `classes` no calls but those of one of them.
    """
    question = match(current_account_id() if is_own else None, needles)
    statement = asked(question, first, last, classes=classes, oldest_first=oldest_first, limit=limit)
    seconds, own, earliest, latest, calls = db.session.execute(statement).one()
    keys = [(from_microseconds(moment), row_id) for moment, row_id in json.loads(calls)]
    return Named(seconds, own, earliest, latest, keys)


def asked(
    question: str, first: int, last: int, *, classes: Sequence[int] | None, oldest_first: bool, limit: int
) -> TextualSelect:
    """What is known of the seconds that FTS5 names, and the entered account's calls of them."""
    words = {"order": "asc" if oldest_first else "desc", "fitting": "" if classes is None else _OF_CLASSES}
    values = {"question": question, "first": first, "last": last, "limit": limit, "account": current_account_id()}
    values |= {} if classes is None else {"classes": json.dumps(list(classes))}
    return text(_CALLS.format_map(words)).bindparams(**values).columns(*_COLUMNS)


def _changes() -> int:
    return int(db.session.scalar(select(func.total_changes())) or 0)
