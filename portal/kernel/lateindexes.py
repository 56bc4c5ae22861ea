"""Indexes of pg_trgm that are not there, told and made later: a migration could not make them, since the PostgreSQL had
no such extension, or somebody who was writing millions of rows took them away and died before putting them back.

Nothing needs them but speed: without one, a part of a number or a name is looked for in every row of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from flask import Flask
from sqlalchemy import Connection, text

from portal.kernel.db import db
from portal.kernel.rowsecurity import SETTING
from portal.kernel.trigrams import can_have_trigrams

_IS_WHOLE = text("select indisvalid from pg_index where indexrelid = to_regclass(:index)")
log = structlog.get_logger(__name__)
_KEY = "portal.late_indexes"
WHAT_TO_DO = (
    "Parts of numbers and names are looked for without an index: run `create extension pg_trgm` in the database as its "
    "superuser unless it is there, then `portal db upgrade`."
)


@dataclass(frozen=True, slots=True)
class LateIndex:
    """A table of words with its indexes."""

    table: str
    indexes: Sequence[str]
    make: Callable[[Connection], None]
    """Makes what is missing of both where the extension is there, with the rows of every account that is open to the
    connection.
    """


def use_late_indexes(app: Flask, *indexes: LateIndex) -> None:
    """Hands over those that the rooms have."""
    app.extensions[_KEY] = indexes


def missing_indexes(app: Flask) -> Sequence[LateIndex]:
    """Those that are not there, or not whole. SQLite has its own."""
    with app.app_context(), db.engine.connect() as connection:
        return _missing(app, connection)


def make_missing_indexes(app: Flask) -> Sequence[str]:
    """Makes and fills what can be made, in one transaction for which writers wait; answers the names."""
    with app.app_context(), db.engine.begin() as connection:
        missing = _missing(app, connection)
        if not missing or not can_have_trigrams(connection):
            return []
        connection.exec_driver_sql(f"set local {SETTING} = 'all'")
        for index in missing:
            index.make(connection)
    return [index.table for index in missing]


def tell_missing_indexes(app: Flask) -> None:
    """One line of the log at a process's start."""
    if missing := missing_indexes(app):
        log.warning("no_text_index", tables=[index.table for index in missing], what_to_do=WHAT_TO_DO)


def _missing(app: Flask, connection: Connection) -> Sequence[LateIndex]:
    if connection.dialect.name != "postgresql":
        return []
    return [index for index in app.extensions[_KEY] if not all(is_whole(connection, name) for name in index.indexes)]


def is_whole(connection: Connection, index: str) -> bool:
    """Whether PostgreSQL has this index, and has not been stopped while it made it or took it away."""
    return bool(connection.scalar(_IS_WHOLE, {"index": index}))
