"""The outer lock between accounts: PostgreSQL itself hides other accounts' rows, also from the tables' owner.

A superuser passes it by: the portal's role must not be one. SQLite has no such thing; there the session guard and
the composite keys stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

SETTING = "portal.account"
_POLICY = "entered_account_only"
_ENTERED = f"current_setting('{SETTING}', true)"
# As questions of their own they are answered once per statement, and not for each row.
_IS_ALL = f"(select {_ENTERED} = 'all')"
_ACCOUNT = f"(select nullif(nullif({_ENTERED}, 'all'), '')::bigint)"


def protect(connection: Connection, tables: Iterable[str]) -> None:
    """Forces row security on owned tables; no effect on SQLite. For migrations."""
    if connection.dialect.name != "postgresql":
        return
    allowed = f"{_IS_ALL} or account_id = {_ACCOUNT}"
    for table in tables:
        connection.exec_driver_sql(f'alter table "{table}" enable row level security')
        connection.exec_driver_sql(f'alter table "{table}" force row level security')
        connection.exec_driver_sql(f'create policy {_POLICY} on "{table}" using ({allowed}) with check ({allowed})')
