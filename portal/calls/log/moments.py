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

from sqlalchemy import BigInteger, Select, String, column, insert, literal_column, select, table, text

from portal.kernel.clock import UtcDateTime, to_unix
from portal.kernel.db import db, is_sqlite
from portal.kernel.prepared import Prepared, given
from portal.kernel.tenancy import current_account_id
from portal.kernel.trigrams import indexed, match

_MOMENTS = table("call_moment", column("rowid", BigInteger), column("words", String))
_INSERT = Prepared(insert(_MOMENTS).values(given(("rowid", "words"))))
# The order of the tables is told, since SQLite would rather walk the whole account.
_CALLS = text(
    "select call.started_at, call.id from json_each(:seconds) as second cross join call_record as call"
    " where call.account_id = :account and call.started_at >= second.value * 1000000"
    " and call.started_at < (second.value + 1) * 1000000"
).columns(column("started_at", UtcDateTime), column("id", BigInteger))


def note(calls: Iterable[tuple[datetime, str]]) -> None:
    """Calls of the entered account have begun at these moments, with these texts to find them by."""
    if not is_sqlite():
        return
    seconds: dict[int, set[str]] = defaultdict(set)
    for started_at, words in calls:
        seconds[to_unix(started_at)].add(words)
    ours = current_account_id()
    rows = [{"rowid": second, "words": indexed(ours, "".join(sorted(seconds[second])))} for second in sorted(seconds)]
    _INSERT.run(*rows)


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
