"""Runs migrations inside the app: `portal db upgrade`."""

from typing import Any

from alembic import context
from flask import current_app

from portal.kernel.clock import UtcDateTime
from portal.kernel.db import Model
from portal.kernel.money import MoneyColumn

_OWN_TYPES = {UtcDateTime: "portal.kernel.clock", MoneyColumn: "portal.kernel.money"}


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """Writes our column types by their names, with their import."""
    if kind == "type" and type(item) in _OWN_TYPES:
        name = type(item).__name__
        autogen.imports.add(f"from {_OWN_TYPES[type(item)]} import {name}")
        return f"{name}()"
    return False


def same_type(_context: Any, _inspected: Any, _column: Any, _database: Any, ours: Any) -> bool | None:
    """Our own types look like plain numbers from the database's side."""
    return False if type(ours) in _OWN_TYPES else None


def is_ours(_item: Any, name: str | None, kind: str, is_reflected: Any, _against: Any) -> bool:
    """Leaves out what `make_text_index` and `make_word_index` make: no model has it."""
    of_text = kind == "table" and str(name).startswith(("call_moment", "call_words", "contact_words"))
    return not (is_reflected and of_text)


def run() -> None:
    """Applies the migrations in one transaction."""
    options = {**current_app.extensions["migrate"].configure_args, "compare_type": same_type, "include_object": is_ours}
    with current_app.extensions["migrate"].db.engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Model.metadata, render_item=render_item, **options)
        if connection.dialect.name == "sqlite":
            # SQLite changes a table by copying it, which must not trip over the keys that point at it.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.rollback()
        with context.begin_transaction():
            context.run_migrations()


run()
