"""Statements that insert and know what to do about a row that is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def leaving(make: Make, table: Table, key: Sequence[str]) -> Any:
    """Leaves the row that is there; answers for those that are new."""
    return make(table).on_conflict_do_nothing(index_elements=list(key)).returning(table.c[key[0]])


def sums(table: Table, names: Sequence[str]) -> dict[str, Any]:
    """A change: to these columns of the row that is there the new row's are added."""
    return {name: table.c[name] + literal_column(f"excluded.{name}") for name in names}
