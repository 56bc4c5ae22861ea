"""Telling SQLite once what a large table looks like, so that it never reads a small account's plan into a large one.

It would plan by guesses otherwise (that an account has ten rows), and by whatever `ANALYZE` once saw. PostgreSQL
looks for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, text

_INDEXES = text("select name from pragma_index_list(:name)")
_COLUMNS = text("select name from pragma_index_info(:name)")
_TELL = text("insert into sqlite_stat1 values (:table, :index, :shape)")


def tell_shape(
    connection: Connection,
    table: str,
    rows: int,
    alike: Mapping[str, int],
    bend: Callable[[str, Sequence[int]], Sequence[int]] = lambda _index, shape: shape,
) -> None:
    """`alike`: rows that agree in a column, and in those before it, where an index begins with them; 1 for the others.

    `bend` may answer another shape for the index of this name. To be called by the migrations.
    """
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("analyze sqlite_schema")
    for index in connection.execute(_INDEXES, {"name": table}).scalars().all():
        found = [alike.get(each, 1) for each in connection.execute(_COLUMNS, {"name": index}).scalars()]
        shape = bend(index, [rows, *(min(found[: place + 1]) for place in range(len(found)))])
        connection.execute(_TELL, {"table": table, "index": index, "shape": " ".join(map(str, shape))})
    # What was told is read from here on, by this connection too.
    connection.exec_driver_sql("analyze sqlite_schema")
