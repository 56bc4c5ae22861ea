"""The index that finds calls by part of a number or a name: made by the migrations."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from portal.kernel.db import db, is_sqlite

NAME = "ix_call_record_search_text"


def make_text_index(connection: Connection) -> None:
    """FTS5 on SQLite (see `moments`); on PostgreSQL an index of pg_trgm, where that extension can be had."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "create virtual table call_moment using fts5"
            "(words, content='', detail=none, columnsize=0, tokenize='trigram')"
        )
    elif _has_trigrams(connection):
        # Straight into the index: a list of what is yet to be sorted in would be searched by every question.
        connection.exec_driver_sql(
            f"create index {NAME} on call_record using gin (search_text gin_trgm_ops) with (fastupdate = off)"
        )


def drop_text_index(connection: Connection) -> None:
    """The way back."""
    what = "table if exists call_moment" if connection.dialect.name == "sqlite" else f"index if exists {NAME}"
    connection.exec_driver_sql(f"drop {what}")


def knows_text() -> bool:
    """Whether questions are answered by an index: always but on a PostgreSQL without pg_trgm. Asked once per app."""
    known = current_app.extensions.get("portal.text_index")
    if known is None:
        known = is_sqlite() or _is_there()
        current_app.extensions["portal.text_index"] = known
    return bool(known)


def _is_there() -> bool:
    return bool(db.session.scalar(text("select to_regclass(:name) is not null"), {"name": NAME}))


def _has_trigrams(connection: Connection) -> bool:
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("create extension if not exists pg_trgm")
    except DBAPIError:
        return False
    return True
