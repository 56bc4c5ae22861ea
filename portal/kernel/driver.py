"""How a prepared statement reaches the database: by the driver's cursor, or by a pipeline (`kernel.pipeline`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

_CURSOR = "cursor of what is prepared"


class Driver(Protocol):
    """A connection, as far as prepared statements need it; its errors are the driver's own."""

    def ask(self, statement: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The rows that it answers."""

    def ahead(self, statement: str, values: Sequence[Any]) -> Callable[[], Sequence[Sequence[Any]]]:
        """The same, for when it is called."""

    def send(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Once for each row of values."""


def driver_of(connection: Connection) -> Driver:
    """The connection's own."""
    if connection.dialect.name == "postgresql":
        pipelined: Any = connection.connection.dbapi_connection
        return pipelined
    kept = connection.info.get(_CURSOR)
    if kept is None:
        kept = connection.info[_CURSOR] = _Cursor(connection.connection.cursor())
    return kept


class _Cursor:
    """One for as long as the driver's connection lasts: to make another each time takes half as long as to ask."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def ask(self, statement: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        return self._cursor.execute(statement, values).fetchall()

    def ahead(self, statement: str, values: Sequence[Any]) -> Callable[[], Sequence[Sequence[Any]]]:
        found = self.ask(statement, values)
        return lambda: found

    def send(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) == 1:
            self._cursor.execute(statement, rows[0])
        else:
            self._cursor.executemany(statement, rows)
