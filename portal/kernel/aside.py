"""Indexes and foreign keys that are set aside while one process has the installation to itself and writes rows by the
million: an index that is made at the end takes a fraction of the time, and so does a join that checks all keys at once.

What is missing is told from the models: a process that begins meanwhile is refused (`kernel.readiness`), and where the
one who set it aside was killed, `portal db upgrade` puts it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, ForeignKeyConstraint, Index, Table, text
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex

from portal.kernel.drift import Part, missing_parts, name_of, parts_of

SET_ASIDE = "aside"
"""The name of the lock of whoever sets aside: free while something is missing, it tells that he was killed."""

_SHAPES = text("select tbl, idx, stat from sqlite_stat1")
_TELL = text("insert into sqlite_stat1 values (:tbl, :idx, :stat)")


def set_aside(connection: Connection, tables: Iterable[Table]) -> None:
    """Takes away the indexes of these tables that hold nothing unique, and on PostgreSQL their foreign keys: SQLite
    could not without copying the table. The connection is one of `kernel.bulk.one_by_one`.
    """
    parts = [part for table in tables for part in parts_of(table) if _can_go(part, connection)]
    with connection.begin(), _keeping_shapes(connection):
        for part in set(parts).difference(missing_parts(connection)):
            connection.execute(DropIndex(part) if isinstance(part, Index) else DropConstraint(part))


def lost_parts(connection: Connection) -> Sequence[Part]:
    """Those that `put_back` would make."""
    return [part for part in missing_parts(connection) if _can_go(part, connection)]


def put_back(connection: Connection) -> Sequence[str]:
    """Makes those that are missing, of any table, each in a transaction of its own; answers their names.

    Of the connection the same. Raises `IntegrityError` where a row points at nothing.
    """
    with connection.begin():
        lost = lost_parts(connection)
    # Keys wait for no other connection then, which may be making indexes.
    keys = [part for part in lost if isinstance(part, ForeignKeyConstraint)]
    for key in keys:
        _add_key(connection, key)
    for part in lost:
        with connection.begin():
            if isinstance(part, Index):
                connection.execute(CreateIndex(part))
    for key in keys:
        _check_key(connection, key)
    return [name_of(part, connection) for part in lost]


@contextmanager
def _keeping_shapes(connection: Connection) -> Iterator[None]:
    """SQLite forgets with an index what its planner was told of it (`kernel.shapes`)."""
    if connection.dialect.name != "sqlite":
        yield
        return
    told = connection.execute(_SHAPES).mappings().all()
    yield
    kept = connection.execute(_SHAPES).mappings().all()
    if lost := [dict(shape) for shape in told if shape not in kept]:
        connection.execute(_TELL, lost)


def _can_go(part: Part, connection: Connection) -> bool:
    if isinstance(part, Index):
        return not part.unique
    return isinstance(part, ForeignKeyConstraint) and connection.dialect.name == "postgresql"


def _add_key(connection: Connection, key: ForeignKeyConstraint) -> None:
    """For new rows at once; the old ones are checked later, for which nobody who writes has to wait."""
    with connection.begin():
        connection.execute(DropConstraint(key, if_exists=True))
        add = AddConstraint(key, isolate_from_table=False).compile(dialect=connection.dialect)
        connection.exec_driver_sql(f"{add} not valid")


def _check_key(connection: Connection, key: ForeignKeyConstraint) -> None:
    table = connection.dialect.identifier_preparer.format_table(key.table)
    with connection.begin():
        connection.exec_driver_sql(f'alter table {table} validate constraint "{name_of(key, connection)}"')
