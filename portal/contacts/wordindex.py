"""The index that finds contacts by part of a name, a company or a number: made by the migrations.

It names contacts that may hold the question; whoever asks compares the contacts themselves. On SQLite it is FTS5. On
PostgreSQL it is a table of its own without row-level security, since under that no index of pg_trgm is used (its
operators are not leakproof); only the contacts that it names are shown, and those are behind the lock.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app
from sqlalchemy import Connection, func, select, text

from portal.kernel.db import db, is_sqlite
from portal.kernel.lateindexes import LateIndex
from portal.kernel.shapes import tell_shape
from portal.kernel.tenancy import current_account_id
from portal.kernel.trigrams import TABLE_OPTIONS, can_have_trigrams, indexed, match

_TABLE = """
create table contact_words (
    id bigint primary key references contact (id) on delete cascade, account_id bigint not null, words text not null
)
"""
_INDEX = "create index ix_contact_words on contact_words using gin (words gin_trgm_ops) with (fastupdate = off)"
_FILL = "insert into contact_words (id, account_id, words) select id, account_id, words from contact"
_NOTE_SQLITE = text("insert into contact_words (rowid, words) values (:id, :words)")
_NOTE_POSTGRESQL = text(
    "insert into contact_words (id, account_id, words) values (:id, :account, :words)"
    " on conflict (id) do update set words = excluded.words"
)
_CONTACTS = 2_000_000
_HOLDERS_SQLITE = "select distinct rowid as id from contact_words where contact_words match :match"
_HOLDERS_POSTGRESQL = "select id from contact_words where account_id = :account and words like :pattern escape '/'"


def make_word_index(connection: Connection) -> None:
    """FTS5 on SQLite; on PostgreSQL a table with an index of pg_trgm, where that extension can be had."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"create virtual table contact_words using fts5(words, {TABLE_OPTIONS})")
        # Without this the numbers of a page's fifty contacts are looked for among all numbers of the account.
        tell_shape(connection, "contact", _CONTACTS, {"account_id": _CONTACTS // 10})
        tell_shape(connection, "contact_number", _CONTACTS, {"account_id": _CONTACTS // 10, "contact_id": 2})
    elif can_have_trigrams(connection):
        # Whoever saves a contact meanwhile waits, and then finds the table.
        for statement in ("lock table contact in share mode", _TABLE, _FILL, _INDEX):
            connection.exec_driver_sql(statement)


LATE_INDEX = LateIndex("contact_words", make_word_index)


def drop_word_index(connection: Connection) -> None:
    """The way back."""
    connection.exec_driver_sql("drop table if exists contact_words")


def has_word_index() -> bool:
    """Always but on a PostgreSQL without pg_trgm. Asked until it is: contacts that are saved from then on are in it."""
    known = current_app.extensions.get("portal.word_index") or is_sqlite() or _is_there()
    current_app.extensions["portal.word_index"] = known
    return bool(known)


def _is_there() -> bool:
    return bool(db.session.scalar(select(func.to_regclass("contact_words").is_not(None))))


def note(words: Mapping[int, str]) -> None:
    """Contacts of the entered account, by their ids, are found by these texts now."""
    if not words or not has_word_index():
        return
    account = current_account_id()
    if is_sqlite():
        db.session.execute(_NOTE_SQLITE, [{"id": id_, "words": indexed(account, words[id_])} for id_ in words])
    else:
        db.session.execute(_NOTE_POSTGRESQL, [{"id": id_, "account": account, "words": words[id_]} for id_ in words])


def holders(needle: str, pattern: str) -> tuple[str, dict[str, object]]:
    """A statement that answers the ids of the entered account's contacts that may hold the needle, and its values.

    `pattern` is the needle for LIKE, escaped by `/`.
    """
    account = current_account_id()
    if is_sqlite():
        return _HOLDERS_SQLITE, {"match": match(account, [needle])}
    return _HOLDERS_POSTGRESQL, {"account": account, "pattern": pattern}
