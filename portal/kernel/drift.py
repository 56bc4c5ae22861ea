"""What tells a database from the models although it bears their revision: until the first release the one migration is
written anew with each change of the tables, and afterwards somebody may have changed tables by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import Connection, Constraint, Index, Table

from portal.kernel.db import Model

Part = Index | Constraint
"""Of a table, with a name."""
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
_PARTS = {
    "sqlite": "select tbl_name, name from sqlite_master where type = 'index'",
    "postgresql": """
        select r.relname, c.conname from pg_constraint c join pg_class r on r.oid = c.conrelid
            where c.connamespace = current_schema()::regnamespace and c.convalidated
        union select r.relname, i.relname
            from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class r on r.oid = x.indrelid
            where i.relnamespace = current_schema()::regnamespace and x.indisvalid
    """,
}
_CONSTRAINT = re.compile(r'CONSTRAINT "?(\w+)"?')


def differences(connection: Connection) -> list[str]:
    """What is missing (`table.column`, a constraint, an index) or too much (a column that must be filled), by name.

    Two questions to the database's own catalogue, some milliseconds.
    """
    found: dict[str, dict[str, bool]] = {}
    for table, column, must_be_filled in connection.exec_driver_sql(_COLUMNS[connection.dialect.name]):
        found.setdefault(table, {})[column] = bool(must_be_filled)
    return [*_columns(found), *sorted(name_of(part, connection) for part in missing_parts(connection))]


def missing_parts(connection: Connection) -> list[Part]:
    """Constraints and indexes that are not there, or that PostgreSQL has not looked through to the end."""
    there = {(table, name) for table, name in connection.exec_driver_sql(_PARTS[connection.dialect.name])}
    if connection.dialect.name == "sqlite":
        for table, written in connection.exec_driver_sql("select name, sql from sqlite_master where type = 'table'"):
            there.update((table, name) for name in _CONSTRAINT.findall(written))
    return [
        part
        for table in Model.metadata.tables.values()
        for part in parts_of(table)
        if part.name and (table.name, name_of(part, connection)) not in there
    ]


def parts_of(table: Table) -> list[Part]:
    """All that the models say of it."""
    return [*table.constraints, *table.indexes]


def name_of(part: Part, connection: Connection) -> str:
    """As the database knows it."""
    write = connection.dialect.identifier_preparer
    name = write.format_index(part) if isinstance(part, Index) else write.format_constraint(part)
    return str(name).strip('"')


def _columns(found: dict[str, dict[str, bool]]) -> Iterator[str]:
    for table in Model.metadata.tables.values():
        there, wanted = found.get(table.name), {column.name for column in table.columns}
        if there is None:
            yield table.name
            continue
        yield from sorted(f"{table.name}.{name}" for name in wanted - set(there))
        yield from sorted(f"{table.name}.{name}" for name in set(there) - wanted if there[name])
