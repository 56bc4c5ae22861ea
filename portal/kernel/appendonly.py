"""Tables whose rows are added and never changed: the database itself refuses, whoever asks.

A row leaves only with its account: where the account's own row is gone (its foreign key cascades), it may go too.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

APPEND_ONLY = {"append_only": True}
"""The `info` of such a table: the migration locks it."""
_FUNCTION = "refuse_change"
_MAKE_FUNCTION = """
create function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and not exists (select 1 from account where id = old.account_id) then
    return old;
  end if;
  raise exception using message = tg_table_name || ' is append-only', errcode = 'restrict_violation';
end $$
"""


def lock_rows(connection: Connection, tables: Iterable[str]) -> None:
    """Refuses UPDATE, DELETE and TRUNCATE on these tables, which belong to accounts. For migrations."""
    if connection.dialect.name == "sqlite":
        for table in tables:
            _lock_on_sqlite(connection, table)
        return
    connection.exec_driver_sql(_MAKE_FUNCTION)
    for table in tables:
        run = f"execute function {_FUNCTION}()"
        connection.exec_driver_sql(f'create trigger row_stays before update or delete on "{table}" for each row {run}')
        connection.exec_driver_sql(f'create trigger rows_stay before truncate on "{table}" {run}')


def unlock_rows(connection: Connection) -> None:
    """Before the tables are dropped. SQLite's triggers go with their tables."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"drop function {_FUNCTION} cascade")


def _lock_on_sqlite(connection: Connection, table: str) -> None:
    refuse = f"begin select raise(abort, '{table} is append-only'); end"
    has_account = "when exists (select 1 from account where id = old.account_id)"
    connection.exec_driver_sql(f'create trigger "{table}_is_not_changed" before update on "{table}" {refuse}')
    connection.exec_driver_sql(
        f'create trigger "{table}_is_not_deleted" before delete on "{table}" {has_account} {refuse}'
    )
