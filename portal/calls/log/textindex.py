"""The index that finds calls by part of a number or a name: made by the migrations.

On SQLite it is FTS5 (see `moments`). On PostgreSQL it is a table of its own without row-level security, since under
that no index of pg_trgm is used (its operators are not leakproof): it names calls, which are then read behind the lock.
A trigger of the database keeps it, so that no way of writing calls can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import current_app
from sqlalchemy import BigInteger, Connection, Select, String, column, func, select, table, text

from portal.kernel.db import db, is_sqlite
from portal.kernel.lateindexes import LateIndex
from portal.kernel.shapes import tell_shape
from portal.kernel.tenancy import current_account_id
from portal.kernel.trigrams import TABLE_OPTIONS, can_have_trigrams

INDEX = "ix_call_words"
# Straight into the index: a list of what is yet to be sorted in would be searched by every question.
MAKE_INDEX = "create index ix_call_words on call_words using gin (words gin_trgm_ops) with (fastupdate = off)"
_MAKE_TABLE = """
create table call_words (
    id bigint primary key references call_record (id) on delete cascade, account_id bigint not null, words text not null
)
"""
_MAKE_FUNCTION = """
create function note_call_words() returns trigger language plpgsql as $$ begin
    insert into call_words (id, account_id, words) values (new.id, new.account_id, new.search_text)
        on conflict (id) do update set words = excluded.words;
    return null;
end $$
"""
_MAKE_TRIGGER = """
create trigger call_words_are_kept after insert or update of search_text on call_record
    for each row when (new.search_text is not null) execute function note_call_words()
"""
# Of calls that were there before it; the trigger, which is made first, keeps writers waiting until all is committed.
_FILL = """
insert into call_words (id, account_id, words) select id, account_id, search_text from call_record
"""
_WORDS = table("call_words", column("id", BigInteger), column("words", String))
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
        for statement in (_MAKE_TABLE, _MAKE_FUNCTION, _MAKE_TRIGGER, _FILL, MAKE_INDEX):
            connection.exec_driver_sql(statement)


LATE_INDEX = LateIndex("call_words", make_text_index)


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


def holders(needles: Iterable[str]) -> Select[Any]:
    """On PostgreSQL: the ids of the entered account's calls that hold all of the needles."""
    texts = (_WORDS.c.words.contains(needle, autoescape=True) for needle in needles)
    # The table has no model, so that the session adds nothing to it.
    own = text("account_id = :account").bindparams(account=current_account_id())
    return select(_WORDS.c.id).where(own, *texts)


def knows_text() -> bool:
    """Whether questions are answered by an index: always but on a PostgreSQL without pg_trgm. Asked until it is."""
    known = current_app.extensions.get("portal.text_index") or is_sqlite() or _is_there()
    current_app.extensions["portal.text_index"] = known
    return bool(known)


def _is_there() -> bool:
    return bool(db.session.scalar(select(func.to_regclass(INDEX).is_not(None))))
