"""Many rows at once: for history that comes by the hundred thousand, past the ORM but not past the owner's number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Date, Dialect, Table, event, func, insert, select
from sqlalchemy.dialects.postgresql.base import PGDialect

from portal.kernel.clock import UtcDateTime
from portal.kernel.db import db
from portal.kernel.money import MoneyColumn
from portal.kernel.rowsecurity import SETTING
from portal.kernel.tenancy import current_account_id

_FOR_MANY = {
    # More pages are remembered, and the log comes into the file once for many transactions, which mostly touch the same
    # pages of the indexes.
    "sqlite": ("PRAGMA cache_size=-262144", "PRAGMA wal_autocheckpoint=50000", "PRAGMA synchronous=NORMAL"),
    "postgresql": ("set synchronous_commit = off",),
}
_FOR_INDEXES = {
    "sqlite": ("PRAGMA temp_store=FILE", "PRAGMA threads=2"),
    "postgresql": ("set maintenance_work_mem = '512MB'", f"set {SETTING} = 'all'"),
}
_T = TypeVar("_T")


@contextmanager
def expecting_many() -> Iterator[None]:
    """Rows come by the million meanwhile, over connections that this process opens anew; so the last ones of them may
    be lost where the machine itself fails.
    """
    engine = db.engine

    def tell(connection: Any, _record: Any) -> None:
        for statement in _FOR_MANY[engine.dialect.name]:
            connection.execute(statement).close()

    event.listen(engine, "connect", tell)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", tell)
        engine.dispose()


@contextmanager
def one_by_one() -> Iterator[Connection]:
    """A connection of this moment's own, with room to sort millions, for large indexes and for keys of every account;
    each of its statements is a transaction on PostgreSQL, where some can be nothing else.
    """
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for statement in _FOR_INDEXES[connection.dialect.name]:
            driver.execute(statement).close()
        if isinstance(connection.dialect, PGDialect):
            connection.execution_options(isolation_level="AUTOCOMMIT")
        # Nobody else is to get it afterwards.
        connection.detach()
        yield connection


def with_own_connections(items: Iterator[_T]) -> Iterator[_T]:
    """The same items, made in a process that was forked: the connections that it has got are its parent's."""
    db.engine.dispose(close=False)
    yield from items


def ready(table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]], dialect: Dialect) -> list[list[Any]]:
    """The same rows, their values as the driver takes them: what `bulk_insert` does else, and another process can."""
    converters = _converters(table, columns, dialect)
    found = [list(row) for row in rows]
    for row in found:
        for index, convert in converters:
            row[index] = convert(row[index])
    return found


def bulk_insert(table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, are_ready: bool = False) -> int:
    """Inserts rows (values in the order of `columns`) into an owned table of the entered account; answers how many.

    Takes part in the present transaction. `account_id` is added here and cannot be given. `are_ready`: they went
    through `ready`.
    """
    return _bulk(table, columns, rows, "", are_ready=are_ready)


def bulk_add(
    table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, key: Sequence[str], sums: Sequence[str]
) -> int:
    """The same, but where a row of this `key` (besides the account) exists, the numbers of `sums` are added to it."""
    added = ", ".join(f'"{name}" = "{table.name}"."{name}" + excluded."{name}"' for name in sums)
    listed = ", ".join(f'"{name}"' for name in ("account_id", *key))
    return _bulk(table, columns, rows, f" on conflict ({listed}) do update set {added}")


def _bulk(
    table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]], conflict: str, *, are_ready: bool = False
) -> int:
    account_id = current_account_id()
    names = ("account_id", *columns)
    connection = db.session.connection()
    converted = rows if are_ready else ready(table, columns, rows, connection.dialect)
    write = _copy if isinstance(connection.dialect, PGDialect) else _execute_many
    return write(connection, table.name, names, ((account_id, *row) for row in converted), conflict)


def bulk_copy(table: Table, changes: Mapping[str, ColumnElement[Any]], where: ColumnElement[bool]) -> int:
    """Copies rows of the entered account within an owned table; answers how many.

    A column that is not in `changes` keeps its value; an id that is not given is a new one.
    """
    own = table.c.account_id == current_account_id()
    names = [name for name in table.c.keys() if name in changes or name != "id"]  # noqa: SIM118 -- not a dict
    rows = select(*(changes.get(name, table.c[name]) for name in names)).where(own, where)
    copied = insert(table).from_select(names, rows).execution_options(preserve_rowcount=True)
    return int(db.session.connection().execute(copied).rowcount)


def learn(*tables: Table) -> None:
    """Has PostgreSQL count what these tables hold, as it would by itself a minute later; it plans by that.

    Of tables that were empty a moment ago it believes so still, and reads them whole for each row that it looks up.
    SQLite plans by what it was told once.
    """
    connection = db.session.connection()
    if isinstance(connection.dialect, PGDialect):
        for table in tables:
            connection.exec_driver_sql(f'analyze "{table.name}"')


def reserve_ids(table: Table, count: int) -> int:
    """The first of `count` ids that no other row will get, the following ones included."""
    connection = db.session.connection()
    if isinstance(connection.dialect, PGDialect):
        # Nobody may draw a number between reading the sequence and moving it.
        connection.exec_driver_sql(f'lock table "{table.name}" in share row exclusive mode')
        sequence = f"pg_get_serial_sequence('\"{table.name}\"', 'id')"
        first = connection.exec_driver_sql(f"select nextval({sequence})").scalar_one()
        connection.exec_driver_sql(f"select setval({sequence}, {first + count})")
        return int(first)
    highest = connection.execute(select(func.max(table.c.id))).scalar()
    return int(highest or 0) + 1


def _converters(table: Table, columns: Sequence[str], dialect: Dialect) -> list[tuple[int, Callable[[Any], Any]]]:
    found = ((place, _converter(table, name, dialect)) for place, name in enumerate(columns))
    return [(place, convert) for place, convert in found if convert]


def _converter(table: Table, name: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    kind = table.c[name].type
    if isinstance(kind, MoneyColumn):
        return lambda value: kind.process_bind_param(value, dialect)
    if isinstance(kind, UtcDateTime) and not isinstance(dialect, PGDialect):
        return _microseconds
    if isinstance(kind, Date) and not isinstance(dialect, PGDialect):
        return str
    return None


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else int(value.timestamp()) * 1_000_000 + value.microsecond


def _copy(
    connection: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]], conflict: str
) -> int:
    """By way of a table of this transaction's own: COPY itself is closed to tables with row-level security."""
    driver: Any = connection.connection.driver_connection
    listed = ", ".join(f'"{name}"' for name in names)
    coming = f'"{table}_coming"'
    with driver.cursor() as cursor:
        cursor.execute(f'create temporary table {coming} as select {listed} from "{table}" with no data')  # noqa: S608
        with cursor.copy(f"copy {coming} ({listed}) from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f'insert into "{table}" ({listed}) select {listed} from {coming}{conflict}')  # noqa: S608
        count = int(cursor.rowcount)
        cursor.execute(f"drop table {coming}")
    return count


def _execute_many(
    connection: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]], conflict: str
) -> int:
    driver: Any = connection.connection.driver_connection
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    cursor = driver.executemany(f'insert into "{table}" ({listed}) values ({marks}){conflict}', rows)  # noqa: S608
    return int(cursor.rowcount)
