"""The index that finds calls by part of a number or a name: made by the migrations."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import Connection, text

from portal.kernel.db import db, is_sqlite
from portal.kernel.trigrams import TABLE_OPTIONS, can_have_trigrams

NAME = "ix_call_record_search_text"
CALLS = 10_000_000
ALIKE = {
    "account_id": 1_000_000, "grain": 500_000, "class_id": 10_000, "caller": 20, "callee": 50_000, "kind": 300_000,
    "outcome": 100_000, "did": 50_000, "sip": 10_000, "other_sip": 5_000, "has_recording": 2_500, "talk_band": 500,
    "price_band": 1, "first_day": 200,
}  # fmt: skip
"""Calls that agree in a column, and in those before it, where an index begins with them."""


def make_text_index(connection: Connection) -> None:
    """FTS5 on SQLite (see `moments`); on PostgreSQL an index of pg_trgm, where that extension can be had."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"create virtual table call_moment using fts5(words, {TABLE_OPTIONS})")
    elif can_have_trigrams(connection):
        # Straight into the index: a list of what is yet to be sorted in would be searched by every question.
        connection.exec_driver_sql(
            f"create index {NAME} on call_record using gin (search_text gin_trgm_ops) with (fastupdate = off)"
        )


def tell_planner(connection: Connection) -> None:
    """Tells SQLite once what a long log looks like, so that it never reads a small account's plan into a large one.

    It would plan by guesses otherwise (that an account has ten calls), and by whatever `ANALYZE` once saw.
    """
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("analyze sqlite_schema")
    for name in ("call_record", "call_class", "call_total"):
        for index in (
            connection.execute(text("select name from pragma_index_list(:name)"), {"name": name}).scalars().all()
        ):
            columns = (
                connection.execute(text("select name from pragma_index_info(:name)"), {"name": index}).scalars().all()
            )
            alike = [ALIKE.get(column, 1) for column in columns]
            shape = [CALLS, *(min(alike[: place + 1]) for place in range(len(alike)))]
            # What the few calls that last have in common is not worth telling apart.
            shape = [max(each // 100_000, 1) for each in shape] if index == "ix_call_record_live" else shape
            told = {"table": name, "index": index, "shape": " ".join(map(str, shape))}
            connection.execute(text("insert into sqlite_stat1 values (:table, :index, :shape)"), told)


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
