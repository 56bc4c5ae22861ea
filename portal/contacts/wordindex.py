"""The index that finds contacts by part of a name, a company or a number: made by the migrations.

On SQLite it is FTS5, which names contacts that may hold the question: the contacts themselves are compared. On
PostgreSQL it is a table of its own without row-level security, since under that no index of pg_trgm is used (its
operators are not leakproof), and each contact that is looked at costs a look at the lock. It knows the order of names
too: of twenty thousand who are called alike none is looked at but those of a page, and they are read behind the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flask import current_app
from sqlalchemy import BigInteger, Connection, column, func, inspect, select, text

from portal.contacts.models import Contact
from portal.kernel.db import db, is_sqlite
from portal.kernel.lateindexes import LateIndex
from portal.kernel.shapes import tell_shape
from portal.kernel.tenancy import current_account_id
from portal.kernel.trigrams import GRAM, TABLE_OPTIONS, can_have_trigrams, indexed, match

_TABLE = """
create table contact_words (
    id bigint primary key references contact (id) on delete cascade, account_id bigint not null,
    sort_text text not null, words text not null
)
"""
_ORDER = "create index ix_contact_words_order on contact_words (account_id, sort_text, id)"
_INDEX = "create index ix_contact_words on contact_words using gin (words gin_trgm_ops) with (fastupdate = off)"
_FILL = (
    "insert into contact_words (id, account_id, sort_text, words) select id, account_id, sort_text, words from contact"
)
_NOTE_SQLITE = text("insert into contact_words (rowid, words) values (:id, :words)")
_NOTE_POSTGRESQL = text(
    "insert into contact_words (id, account_id, sort_text, words) values (:id, :account, :sort_text, :words)"
    " on conflict (id) do update set sort_text = excluded.sort_text, words = excluded.words"
)
_CONTACTS = 2_000_000
# The order of the tables is told, since SQLite would rather walk through the whole account.
_NEAREST_SQLITE = """
select known.id from (select distinct rowid as id from contact_words where contact_words match :match) as holder
cross join contact as known
where known.id = holder.id and known.account_id = :account and known.words like :pattern escape '/'
"""
_NEAREST_POSTGRESQL = """
select known.id from contact_words as known where known.account_id = :account and known.words like :pattern escape '/'
"""
_COUNT = "select count(*) as count from (select 1 from contact_words where account_id = :account limit :limit) as known"
_BEYOND = " and (known.sort_text, known.id) {side} (:place_text, :place_id)"
_IN_ORDER = " order by known.sort_text {order}, known.id {order} limit :limit"


class Entry(NamedTuple):
    """What a contact is listed and found by."""

    id: int
    sort_text: str
    words: str


def make_word_index(connection: Connection) -> None:
    """FTS5 on SQLite; on PostgreSQL a table with an index of pg_trgm, where that extension can be had."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"create virtual table contact_words using fts5(words, {TABLE_OPTIONS})")
        # Without this the numbers of a page's fifty contacts are looked for among all numbers of the account.
        tell_shape(connection, "contact", _CONTACTS, {"account_id": _CONTACTS // 10})
        tell_shape(connection, "contact_number", _CONTACTS, {"account_id": _CONTACTS // 10, "contact_id": 2})
    elif can_have_trigrams(connection):
        # Whoever saves a contact meanwhile waits, and then finds the table.
        made = () if inspect(connection).has_table("contact_words") else (_TABLE, _FILL, _ORDER)
        for statement in ("lock table contact in share mode", *made, _INDEX):
            connection.exec_driver_sql(statement)


LATE_INDEX = LateIndex("contact_words", ("ix_contact_words",), make_word_index)


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


def note(contacts: Iterable[Entry]) -> None:
    """Contacts of the entered account are found by these texts now."""
    entries = list(contacts)
    if not entries or not has_word_index():
        return
    account = current_account_id()
    if is_sqlite():
        db.session.execute(_NOTE_SQLITE, [{"id": each.id, "words": indexed(account, each.words)} for each in entries])
    else:
        db.session.execute(_NOTE_POSTGRESQL, [{"account": account, **each._asdict()} for each in entries])


def helps(wanted: str) -> bool:
    """Whether `nearest` finds it best: for what is short PostgreSQL walks through its names, past the lock."""
    return has_word_index() and (len(wanted) >= GRAM or not is_sqlite())


def counted(at_most: int) -> int | None:
    """How many contacts the entered account has, so many at most; None where the index cannot say it."""
    if is_sqlite() or not has_word_index():
        return None
    values = {"account": current_account_id(), "limit": at_most}
    return db.session.scalar(text(_COUNT).columns(column("count", BigInteger)), values)


def nearest(wanted: str, place: Contact | None, limit: int, *, going_back: bool) -> Sequence[int]:
    """Ids of the next contacts that hold it, in the order of names, all of whom the index names."""
    pattern = f"%{_escaped(wanted)}%"
    account = current_account_id()
    values: dict[str, object] = {"account": account, "pattern": pattern, "limit": limit}
    statement = _NEAREST_POSTGRESQL
    if is_sqlite():
        statement = _NEAREST_SQLITE
        values["match"] = match(account, [wanted])
    if place is not None:
        statement += _BEYOND.format(side="<" if going_back else ">")
        values |= {"place_text": place.sort_text, "place_id": place.id}
    statement += _IN_ORDER.format(order="desc" if going_back else "asc")
    return db.session.scalars(text(statement).columns(column("id", BigInteger)), values).all()


def _escaped(wanted: str) -> str:
    return wanted.replace("/", "//").replace("%", "/%").replace("_", "/_")
