"""Statements that insert and know what to do about a row that is there. Those that a call waits for are built once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, literal_column

Make = Callable[[Table], Any]
"""The INSERT of a database."""


def changing(make: Make, table: Table, key: Sequence[str], change: Mapping[str, Any]) -> Any:
    """Changes the row that is there."""
    # Its rows are given apart: a statement that holds several of them is built anew each time, for 10 ms.
    statement = make(table).on_conflict_do_update(index_elements=list(key), set_=dict(change))
    # Counted by what comes back: psycopg does not say how many rows a RETURNING touched.
    return statement.returning(table.c[key[0]])


@cache
def adding(make: Make, table: Table, key: tuple[str, ...], adds: tuple[str, ...]) -> Any:
    """Adds to these columns of the row that is there."""
    return changing(make, table, key, {name: table.c[name] + literal_column(f"excluded.{name}") for name in adds})


@cache
def new_ones(make: Make, table: Table, key: tuple[str, ...]) -> Any:
    """Leaves the row that is there; answers the primary key and this one of those that are new."""
    columns = dict.fromkeys([*table.primary_key.columns, *(table.c[name] for name in key)])
    return make(table).on_conflict_do_nothing(index_elements=key).returning(*columns)
