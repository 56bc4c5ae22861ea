"""Indexes of pg_trgm that a migration could not make, since the PostgreSQL had no such extension: told and made later.

Nothing needs them but speed: without one, a part of a number or a name is looked for in every row of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from flask import Flask
from sqlalchemy import Connection, func, select

from portal.kernel.db import db
from portal.kernel.rowsecurity import SETTING
from portal.kernel.trigrams import can_have_trigrams

log = structlog.get_logger(__name__)
_KEY = "portal.late_indexes"
WHAT_TO_DO = (
    "Parts of numbers and names are looked for without an index, since the database has no pg_trgm: "
    "run `create extension pg_trgm` in it as its superuser, then `portal db upgrade`."
)


@dataclass(frozen=True, slots=True)
class LateIndex:
    """A table of words with its index."""

    table: str
    make: Callable[[Connection], None]
    """Makes it where the extension is there, with the rows of every account that is open to the connection."""


def use_late_indexes(app: Flask, *indexes: LateIndex) -> None:
    """Hands over those that the rooms have."""
    app.extensions[_KEY] = indexes


def missing_indexes(app: Flask) -> Sequence[LateIndex]:
    """Those that are not there: none but on a PostgreSQL without pg_trgm, or one that got it later."""
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
    return [
        index for index in app.extensions[_KEY] if connection.scalar(select(func.to_regclass(index.table).is_(None)))
    ]
