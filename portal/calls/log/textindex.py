"""The index that finds calls by part of a number or a name: made by the migrations.

On SQLite it is FTS5 (see `moments`). On PostgreSQL it is a table of its own without row-level security, since under
that no index of pg_trgm is used (its operators are not leakproof): it names calls, which are then read behind the lock.
A trigger of the database keeps it, so that no way of writing calls can forget it; only `words_together` has it wait.
Every fiftieth call holds a given group of three digits, so that a longer number is looked up by all its groups of five,
and four digits by the twenty groups that they begin or end. The index knows no order, so that questions are asked of
one period after the other: a call's day, and its month so to say, are marks beside its groups, and the one index has
texts and marks, so that of a text that stands in many calls those of some days alone are gone through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Literal

from flask import current_app
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    column,
    func,
    inspect,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from portal.kernel.clock import UtcDateTime
from portal.kernel.db import db, is_sqlite
from portal.kernel.lateindexes import LateIndex, is_whole
from portal.kernel.shapes import tell_shape
from portal.kernel.tenancy import current_account_id
from portal.kernel.trigrams import TABLE_OPTIONS, can_have_trigrams

INDEX = "ix_call_words"
# Straight into the index: a list of what is yet to be sorted in would be searched by every question.
_MAKE_INDEX = f"""
create index {{mode}} {INDEX} on call_words using gin (words gin_trgm_ops, marks) with (fastupdate = off)
"""
_MAKE_TABLE = """
create table call_words (
    id bigint primary key, account_id bigint not null, started_at timestamptz not null, words text not null,
    marks int[] not null
)
"""
_KEY = "call_words_id_fkey"
_ADD_KEY = f"""
alter table call_words drop constraint if exists {_KEY},
    add constraint {_KEY} foreign key (id) references call_record (id) on delete cascade not valid
"""
_HAS_KEY = text("select true from pg_constraint where conname = :key and convalidated")
_MAKE_MARKS = """
create function marks_of_call(words text, started_at timestamptz) returns int[] language plpgsql immutable parallel safe
as $$
declare found int[]; run text; day int := (started_at at time zone 'UTC')::date - date '1970-01-01';
begin
    found := array[-day, -1000000 - day / 32];
    foreach run in array regexp_split_to_array(words, '[^0-9]+') loop
        if length(run) = 4 then found := found || 100000 + run::int; end if;
        for start in 1 .. length(run) - 4 loop found := found || substr(run, start, 5)::int; end loop;
    end loop;
    return found;
end $$
"""
"""The day and, far below it, the period of `_MONTH` days; the groups of five digits; above these a number of four."""
_MAKE_FUNCTION = """
create function note_call_words() returns trigger language plpgsql as $$ begin
    insert into call_words (id, account_id, started_at, words, marks)
        values (new.id, new.account_id, new.started_at, new.search_text, marks_of_call(new.search_text, new.started_at))
        on conflict (id) do update set
            started_at = excluded.started_at, words = excluded.words, marks = excluded.marks;
    return null;
end $$
"""
_MAKE_TRIGGER = """
create trigger call_words_are_kept after insert or update of search_text, started_at on call_record
    for each row when (new.search_text is not null and current_setting('portal.words', true) is distinct from 'later')
    execute function note_call_words()
"""
_LET_THEM_WAIT = text("select set_config('portal.words', :words, true)")
# Of calls that were there before it; the trigger, which is made first, keeps writers waiting until all is committed.
_FILL = """
insert into call_words (id, account_id, started_at, words, marks)
    select id, account_id, started_at, search_text, marks_of_call(search_text, started_at) from call_record {which}
"""
_ALL = "order by started_at"
_OF_SOME = "where account_id = :account and id between :first and :last on conflict (id) do nothing"
_WORDS = table(
    "call_words",
    column("id", BigInteger),
    column("started_at", UtcDateTime),
    column("words", String),
    column("marks", ARRAY(Integer)),
)
_TABLES = table("pg_class", column("oid"), column("reltuples", Integer))
_FOUR, _FIVE = 4, 5
_NUMBER = re.compile(f"[0-9]{{{_FOUR},}}")
_ONE_GROUP = re.compile(f"[0-9]{{{_FOUR},{_FIVE}}}")
_SHORT = 10**_FIVE
"""Added to a number of four digits, which has no group of five."""
MOST_NAMED = 20_000
"""Calls of any account that are looked up in one go."""
_MONTH, _MONTHS = 32, 1_000_000
"""Days of a longer period, and what is taken from its mark to tell it from a day's."""
_MOST_MARKS = 128
"""Of days or months that one question names: each is compared with each call that is gone through."""
_FIRST_DAY = date(1970, 1, 1)
CALLS = 10_000_000
ALIKE = {
    "account_id": 1_000_000, "grain": 500_000, "class_id": 10_000, "caller": 20, "callee": 50_000, "kind": 300_000,
    "outcome": 100_000, "did": 50_000, "sip": 10_000, "other_sip": 5_000, "has_recording": 2_500, "talk_band": 500,
    "price_band": 1, "first_day": 200,
}  # fmt: skip
"""Calls that agree in a column, and in those before it, where an index begins with them."""


def make_text_index(connection: Connection) -> None:
    """FTS5 on SQLite; on PostgreSQL a table with an index of pg_trgm, where that extension can be had."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"create virtual table call_moment using fts5(words, {TABLE_OPTIONS})")
    elif can_have_trigrams(connection):
        if not inspect(connection).has_table("call_words"):
            for statement in (_MAKE_MARKS, _MAKE_TABLE, _MAKE_FUNCTION, _MAKE_TRIGGER, _FILL.format(which=_ALL)):
                connection.exec_driver_sql(statement)
        add_key(connection)
        check_key(connection)
        make_index(connection)


LATE_INDEX = LateIndex("call_words", (INDEX,), make_text_index)


def drop_key(connection: Connection) -> None:
    """Takes away what has words go with their call; made again before the large index is, which is missed."""
    connection.exec_driver_sql(f"alter table if exists call_words drop constraint if exists {_KEY}")


def add_key(connection: Connection) -> None:
    """Makes that where it is missing or was not checked to the end, for new calls alone: soon done."""
    if inspect(connection).has_table("call_words") and not connection.scalar(_HAS_KEY, {"key": _KEY}):
        connection.exec_driver_sql(_ADD_KEY)


def check_key(connection: Connection) -> None:
    """For all calls that the connection sees."""
    if inspect(connection).has_table("call_words"):
        connection.exec_driver_sql(f"alter table call_words validate constraint {_KEY}")


def make_index(connection: Connection, *, mode: Literal["", "concurrently"] = "") -> None:
    """Makes the large index where it is missing or not whole; "concurrently" is for a connection without a transaction,
    and lets others write meanwhile. Nothing where there is no table of words.
    """
    if inspect(connection).has_table("call_words") and not is_whole(connection, INDEX):
        connection.exec_driver_sql(f"drop index {mode} if exists {INDEX}")
        connection.exec_driver_sql(_MAKE_INDEX.format(mode=mode))


def drop_index(connection: Connection) -> None:
    """Takes it away, from a connection without a transaction: made at the end, it takes a tenth of the time that it
    takes when millions of calls are sorted in one by one. Texts are found without it, slowly.
    """
    connection.exec_driver_sql(f"drop index concurrently if exists {INDEX}")


@contextmanager
def words_together(calls: range) -> Iterator[None]:
    """Calls of the entered account, of these ids, are written here: one statement writes the words of all of them."""
    if is_sqlite() or not _is_there():
        yield
        return
    db.session.execute(_LET_THEM_WAIT, {"words": "later"})
    yield
    some = {"account": current_account_id(), "first": calls.start, "last": calls.stop - 1}
    db.session.execute(text(_FILL.format(which=_OF_SOME)), some)
    db.session.execute(_LET_THEM_WAIT, {"words": ""})


def tell_planner(connection: Connection) -> None:
    """Tells SQLite once what a long log looks like: see `kernel.shapes`."""
    for name in ("call_record", "call_class", "call_total"):
        tell_shape(connection, name, CALLS, ALIKE, _few_that_last)


def _few_that_last(index: str, shape: Sequence[int]) -> Sequence[int]:
    """What the few calls that last have in common is not worth telling apart."""
    return [max(each // 100_000, 1) for each in shape] if index == "ix_call_record_live" else shape


def drop_text_index(connection: Connection) -> None:
    """The way back."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("drop table if exists call_moment")
        return
    connection.exec_driver_sql("drop trigger if exists call_words_are_kept on call_record")
    connection.exec_driver_sql("drop function if exists note_call_words()")
    connection.exec_driver_sql("drop table if exists call_words")
    connection.exec_driver_sql("drop function if exists marks_of_call(text, timestamptz)")


def holders(needles: Iterable[str], since: datetime, until: datetime, *, oldest_first: bool, limit: int) -> Select[Any]:
    """On PostgreSQL: moment and id of the entered account's calls of this period that may hold all of the needles.

    Each row says as well how many the index names, of the days of the period or of all: where these are more than
    `MOST_NAMED`, and where there is none of the period, moment and id of the only row are None.
    """
    texts = [condition for needle in needles for condition in _holding(needle)]
    marks = _marks_of(since, until)
    if marks:
        texts.append(_WORDS.c.marks.overlap(marks))
    # The table has no model, so that the session adds nothing to it.
    own = text("account_id = :account").bindparams(account=current_account_id())
    named = select(_WORDS.c.started_at, _WORDS.c.id).where(own, *texts).cte("named").prefix_with("materialized")
    # A question of its own, or so few would be looked for by reading the table from its beginning.
    first = select(named).limit(MOST_NAMED + 1).cte("first_named").prefix_with("materialized")
    counted = select(func.count().label("count")).select_from(first).subquery("counted")
    # As they stand, or PostgreSQL would keep a plan that serves any texts, and serves none well.
    begin, end = (literal(moment, UtcDateTime, literal_execute=True) for moment in (since, until))
    within = and_(counted.c.count <= MOST_NAMED, first.c.started_at >= begin, first.c.started_at < end)
    asked = select(first.c.started_at, first.c.id, counted.c.count).select_from(counted.outerjoin(first, within))
    order = (first.c.started_at, first.c.id)
    return asked.order_by(*(order if oldest_first else (key.desc() for key in order))).limit(limit)


def _marks_of(since: datetime, until: datetime) -> list[int]:
    """Of the days of this period, or of its months; none where it has too many of either."""
    first, last = ((moment.astimezone(UTC).date() - _FIRST_DAY).days for moment in (since, until))
    if last - first < _MOST_MARKS:
        return [-day for day in range(first, last + 1)]
    first, last = first // _MONTH, last // _MONTH
    return [-_MONTHS - month for month in range(first, last + 1)] if last - first < _MOST_MARKS else []


def named_in_all(named: int, looked: int) -> float:
    """How many calls of any account and period the index names, if as many as of these that were looked through."""
    rows = db.session.scalar(select(_TABLES.c.reltuples).where(_TABLES.c.oid == func.to_regclass(_WORDS.name)))
    return named * float(rows or 0) / looked


def names_exactly(needles: Iterable[str]) -> bool:
    """Whether `holders` names no call but those that hold these needles."""
    return all(_ONE_GROUP.fullmatch(needle) or not _NUMBER.search(needle) for needle in needles)


def longest_number(needles: Iterable[str]) -> int:
    """Digits of the longest number in them that is looked up by its groups, 0 where there is none."""
    return max((len(number) for needle in needles for number in _NUMBER.findall(needle)), default=0)


def _holding(needle: str) -> Iterator[ColumnElement[bool]]:
    """By its numbers alone where it has some: the calls themselves are compared with all of it afterwards."""
    numbers = _NUMBER.findall(needle)
    if not numbers:
        yield _WORDS.c.words.contains(needle, autoescape=True)
    for number in numbers:
        if len(number) == _FOUR:
            yield _WORDS.c.marks.overlap(_around(int(number)))
        else:
            groups = [int(number[start : start + _FIVE]) for start in range(len(number) - _FIVE + 1)]
            yield _WORDS.c.marks.contains(groups)


def _around(four: int) -> list[int]:
    """Every group of five that holds these four digits, and what stands for a number that has no more."""
    begun = [four * 10 + last for last in range(10)]
    return [*begun, *(first * 10**_FOUR + four for first in range(10)), _SHORT + four]


def knows_text() -> bool:
    """Whether questions are answered by an index: always but on a PostgreSQL without pg_trgm. Asked until it is."""
    known = current_app.extensions.get("portal.text_index") or is_sqlite() or _is_there()
    current_app.extensions["portal.text_index"] = known
    return bool(known)


def _is_there() -> bool:
    return bool(db.session.scalar(select(func.to_regclass("call_words").is_not(None))))
