"""Statements that each call waits for: compiled once for each database, with the tenant's filter inside.

A session takes a quarter of a millisecond for a small question, nearly all of it to make the same statement and the
same kind of objects as the last time. What is prepared asks for columns and answers rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, Literal, TypeVar, overload

from flask import g
from sqlalchemy import BindParameter, Connection, Dialect, Insert, Select, TextClause, bindparam
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.compiler import SQLCompiler

from portal.kernel.db import Model, db
from portal.kernel.driver import driver_of
from portal.kernel.numbered import MOST, Numbered
from portal.kernel.tenancy import TenancyError, only_ours
from portal.kernel.told import told

Row = TypeVar("Row")
MakeInsert = Callable[[type[Model]], Any]
"""The INSERT of this database, which knows what to do about a row that is there."""
_HELD = "connection of what is prepared"


class Prepared(Generic[Row]):
    """A SELECT of columns, an INSERT, UPDATE or DELETE, made once, at import; its values are given by name.

    Of owned tables it finds and changes the entered account's rows alone; a new row is that account's. Each answer is
    `row` of the columns' values: a named tuple, or the values as they come. No list may be among the values but by
    `kernel.among`, and an INSERT names every column that has a default in Python.
    """

    @overload
    def __init__(self: Prepared[tuple[Any, ...]], statement: Any) -> None: ...
    @overload
    def __init__(self, statement: Any, row: Callable[..., Row]) -> None: ...
    def __init__(self, statement: Any, row: Any = None) -> None:
        """`statement` may be a function that is given the database's own INSERT."""
        self._of = _OfEach(
            lambda dialect: only_ours(statement(_insert_of(dialect)) if callable(statement) else statement)
        )
        self._row: Any = row or _as_it_comes

    def all(self, **values: Any) -> list[Row]:
        """Every row."""
        connection = _connection()
        return [self._row(*row) for row in self._of(connection.dialect).rows(connection, values)]

    def ahead(self, **values: Any) -> Callable[[], list[Row]]:
        """Every row, when it is called: on PostgreSQL asked, and waited for, together with what is asked next."""
        connection = _connection()
        answer = self._of(connection.dialect).ahead(connection, values)
        return lambda: [self._row(*row) for row in answer()]

    def first(self, **values: Any) -> Row | None:
        """The first row, where there is one."""
        return next(iter(self.all(**values)), None)

    def each(self, *rows: Mapping[str, Any]) -> list[Row]:
        """Writes, once for each of these; every row that it answers for one of them, in whatever order."""
        connection = _connection()
        return [self._row(*row) for row in self._of(connection.dialect).each(connection, rows)]

    def run(self, *rows: Mapping[str, Any]) -> None:
        """Writes, once for each of these; nothing without one."""
        if rows:
            connection = _connection()
            self._of(connection.dialect).run(connection, rows)


class PreparedForAll:
    """The same over all accounts, on the connection of a `kernel.steady`; `text` for one database will do as well.

    SQLite answers a SELECT as one value, in JSON: Python lets go of its one lock for each value of each row, and among
    busy threads does not get it back at once. So it selects no floats, which lose digits there, and no bytes.
    """

    def __init__(self, statement: Any) -> None:
        self._of = _OfEach(lambda _dialect: statement, as_one=isinstance(statement, Select))

    def all(self, connection: Connection, **values: Any) -> Sequence[Sequence[Any]]:
        """Every row."""
        return self._of(connection.dialect).rows(connection, values)

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes, once for each of these; nothing without one."""
        if rows:
            self._of(connection.dialect).run(connection, rows)


def given(names: Iterable[str]) -> dict[str, BindParameter[Any]]:
    """Columns of an INSERT or UPDATE whose values are given under their own names."""
    return {name: bindparam(name) for name in names}


def _connection() -> Connection:
    """That of the session's transaction, which has written what it holds."""
    session = db.session()
    if session.autoflush:
        session.flush()
    of, connection = session.info.get(_HELD, (None, None))
    if of is None or of is not session.get_transaction():
        connection = session.connection()
        session.info[_HELD] = session.get_transaction(), connection
    found: Connection = connection
    return found


def _as_it_comes(*values: Any) -> tuple[Any, ...]:
    return values


def _insert_of(dialect: Dialect) -> MakeInsert:
    return sqlite_insert if dialect.name == "sqlite" else postgresql_insert


class _OfEach:
    """A statement compiled for each database, when that is first asked."""

    def __init__(self, make: Callable[[Dialect], Any], *, as_one: bool = False) -> None:
        self._make = make
        self._as_one = as_one
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(
                self._make(dialect), dialect, as_one=self._as_one and dialect.name == "sqlite"
            )
        return compiled


class _Compiled:
    """The text for one database, and what becomes of each value on its way there and back."""

    def __init__(self, statement: Any, dialect: Dialect, *, as_one: bool) -> None:
        self._writes = not isinstance(statement, Select)
        compiled: SQLCompiler = statement.compile(dialect=dialect)
        if compiled.prefetch:
            # Left to a session, their defaults would be filled in.
            raise TypeError(f"not given: {', '.join(str(column) for column in compiled.prefetch)}")
        self._text = str(compiled)
        self._names = tuple(compiled.positiontup or compiled.binds)
        self._joined: Numbered | None = None
        if dialect.name == "postgresql":
            numbered = Numbered(self._text)
            self._text, self._names = numbered.text, numbered.names
            self._joined = numbered if isinstance(statement, Insert) else None
        binds = {name: compiled.binds[name] for name in self._names}
        self._always = {name: bind.value for name, bind in binds.items() if not (bind.required or bind.callable)}
        self._asked = [(name, bind.callable) for name, bind in binds.items() if bind.callable is not None]
        ways = ((name, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in binds.items())
        self._there = [(name, convert) for name, convert in ways if convert is not None]
        kinds = [each["type"].dialect_impl(dialect) for each in _described(statement)]
        self._back = [kind.result_processor(dialect, None) for kind in kinds]
        self._is_converted = any(self._back)
        self._as_one = as_one
        if as_one:
            self._text = _as_one(self._text, len(kinds))

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """What it answers."""
        return self._answered(self._execute("ask", connection, self._text, self._bound(values)))

    def ahead(self, connection: Connection, values: Mapping[str, Any]) -> Callable[[], Sequence[Sequence[Any]]]:
        """The same, for when it is called."""
        bound = self._bound(values)
        answer = self._execute("ahead", connection, self._text, bound)
        return lambda: self._answered(_told_by(answer, connection, self._text, bound))

    def each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Sequence[Sequence[Any]]:
        """What it answers for all of the rows."""
        bound = [self._bound(row) for row in rows]
        asked: Iterable[tuple[str, Sequence[Any]]] = ((self._text, row) for row in bound)
        if self._joined is not None and len(bound) > 1:
            asked = (self._joined.of(bound[start : start + MOST]) for start in range(0, len(bound), MOST))
        found = (self._execute("ask", connection, text, values) for text, values in asked)
        return self._answered([row for answer in found for row in answer])

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """As many times as there are rows."""
        text, bound = self._text, [self._bound(row) for row in rows]
        if self._joined is not None and 1 < len(bound) <= MOST:
            text, values = self._joined.of(bound)
            bound = [values]
        self._execute("send", connection, text, bound)

    def _answered(self, found: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        if self._as_one:
            found = json.loads(found[0][0])
        if not self._is_converted:
            return found
        return [[back(value) if back else value for back, value in zip(self._back, row, strict=True)] for row in found]

    def _execute(
        self, act: Literal["ask", "ahead", "send"], connection: Connection, statement: str, values: Sequence[Any]
    ) -> Any:
        """What SQLAlchemy does around a statement, without a result and its columns made anew for each."""
        if self._writes and not g.get("writes", False):
            raise TenancyError("a reading page does not write: say writes=True")
        for hear in connection.dispatch.before_cursor_execute:
            hear(connection, None, statement, values, None, act == "send" and len(values) > 1)
        return _told_by(partial(getattr(driver_of(connection), act), statement, values), connection, statement, values)

    def _bound(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """What is given, what always stands there, and what is asked for anew each time, as the driver takes it."""
        found = {**values, **self._always}
        for name, ask in self._asked:
            found[name] = ask()
        for name, convert in self._there:
            found[name] = convert(found[name])
        return tuple(map(found.__getitem__, self._names))


def _told_by(act: Callable[[], Any], connection: Connection, statement: str, values: Sequence[Any]) -> Any:
    """What the driver answers; its errors in SQLAlchemy's words."""
    try:
        return act()
    except connection.dialect.loaded_dbapi.Error as error:
        raise told(error, statement, values, connection) from error


def _as_one(statement: str, columns: int) -> str:
    names = ", ".join(f"c{number}" for number in range(columns))
    return f"WITH asked ({names}) AS ({statement}) SELECT json_group_array(json_array({names})) FROM asked"  # noqa: S608 -- of our own statements


def _described(statement: Any) -> Sequence[Any]:
    """The columns of its answer, as far as it knows them: those of a text come as they are."""
    if isinstance(statement, TextClause):
        return ()
    found: Sequence[Any] = (
        statement.column_descriptions if isinstance(statement, Select) else statement.returning_column_descriptions
    )
    return found
