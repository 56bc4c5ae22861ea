"""What tells a database from the models although it bears their revision: until the first release the one migration is
written anew with each change of the tables, and afterwards somebody may have changed tables by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import Connection, Table

from portal.kernel.db import Model

_COLUMNS = {
    "sqlite": """
        select m.name, p.name, p."notnull" and p.dflt_value is null and not p.pk
        from sqlite_master m join pragma_table_info(m.name) p where m.type = 'table'
    """,
    "postgresql": """
        select c.relname, a.attname, a.attnotnull and not a.atthasdef and a.attidentity = ''
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
        and a.attnum > 0 and not a.attisdropped
    """,
}
_INDEXES = {
    "sqlite": "select name from sqlite_master where type = 'index'",
    "postgresql": """
        select conname from pg_constraint where connamespace = current_schema()::regnamespace
        union select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'i'
    """,
}
_CONSTRAINT = re.compile(r'CONSTRAINT "?(\w+)"?')


def differences(connection: Connection) -> list[str]:
    """What is missing (`table.column`, a constraint, an index) or too much (a column that must be filled), by name.

    Two questions to the database's own catalogue, some milliseconds.
    """
    dialect = connection.dialect.name
    found: dict[str, dict[str, bool]] = {}
    for table, column, must_be_filled in connection.exec_driver_sql(_COLUMNS[dialect]):
        found.setdefault(table, {})[column] = bool(must_be_filled)
    tables = list(Model.metadata.tables.values())
    return [*_columns(tables, found), *_names(tables, connection)]


def _columns(tables: list[Table], found: dict[str, dict[str, bool]]) -> Iterator[str]:
    for table in tables:
        there, wanted = found.get(table.name), {column.name for column in table.columns}
        if there is None:
            yield table.name
            continue
        yield from sorted(f"{table.name}.{name}" for name in wanted - set(there))
        yield from sorted(f"{table.name}.{name}" for name in set(there) - wanted if there[name])


def _names(tables: list[Table], connection: Connection) -> Iterator[str]:
    """Of constraints and indexes."""
    there = {name for (name,) in connection.exec_driver_sql(_INDEXES[connection.dialect.name])}
    if connection.dialect.name == "sqlite":
        for (statement,) in connection.exec_driver_sql("select sql from sqlite_master where type = 'table'"):
            there.update(_CONSTRAINT.findall(statement))
    write = connection.dialect.identifier_preparer
    for table in tables:
        named = [write.format_constraint(each) for each in table.constraints if each.name]
        names = [*named, *(write.format_index(index) for index in table.indexes)]
        yield from sorted({str(name).strip('"') for name in names} - there)
