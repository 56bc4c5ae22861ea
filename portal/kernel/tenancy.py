"""Tenants: which account's rows a session may see. Closed by default; features never write `account_id ==`.

One session has one scope, set once and never changed: an identity map would hand out the other account's
objects. Work in a second scope opens its own app context (`kernel.db.transaction`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from flask import g
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Insert,
    Integer,
    Select,
    Table,
    UniqueConstraint,
    bindparam,
    event,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, declared_attr, mapped_column, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for the type INTEGER, which holds 64 bits there."""


class TenancyError(RuntimeError):
    """A query or a row crosses the line between accounts: a fault of the code, never of the person."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a session may see: one account's rows, or, for a stated reason, every account's."""

    account_id: int | None = None
    reason: str | None = None


class AccountOwned:
    """A table whose every row belongs to one account. Its rows are filtered, stamped and guarded."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True, sort_order=-2)

    @declared_attr
    def account_id(cls) -> Mapped[int]:  # noqa: N805 (SQLAlchemy calls it with the class)
        return mapped_column(BigId, ForeignKey("account.id"), nullable=False, index=False, sort_order=-1)


def owned(*constraints: Any) -> tuple[Any, ...]:
    """`__table_args__` of an owned table: (account_id, id) is unique, so that others can point at both."""
    return (UniqueConstraint("account_id", "id"), *constraints)


def points_to(table: str, column: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key that cannot point into another account: both columns must match."""
    return ForeignKeyConstraint(
        ["account_id", column], [f"{table}.account_id", f"{table}.id"], ondelete=ondelete, name=f"fk_{column}_{table}"
    )


def current_scope() -> Scope | None:
    """The scope of this app context, or None before one was entered."""
    return g.get("scope")


def current_account_id() -> int:
    """The one account of this app context. Raises `TenancyError` where there is none."""
    scope = current_scope()
    if scope is None or scope.account_id is None:
        raise TenancyError("no account has been entered")
    return scope.account_id


def enter(session: Session, scope: Scope) -> None:
    """Sets the scope of this app context. Raises `TenancyError` when another one was set before."""
    before = current_scope()
    if before == scope:
        return
    if before is not None:
        raise TenancyError("one session has one scope: open a new transaction for another account")
    g.scope = scope
    if session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        tell_postgresql(session.connection(), scope)


def guard(session_class: type[Session]) -> None:
    """Hangs the three hooks on a session class: read, write, read-only."""
    event.listen(session_class, "do_orm_execute", _filter_statement)
    event.listen(session_class, "before_flush", _stamp_rows)


def _filter_statement(state: ORMExecuteState) -> None:
    if not state.is_select and not g.get("writes", False):
        raise TenancyError("a reading page does not write: say writes=True")
    scope = current_scope()
    if scope is not None and scope.reason is not None:
        return
    if not state.is_orm_statement or state.is_insert or scope is None:
        if not state.execution_options.get("stamped") and _owned_tables(state.statement):
            raise TenancyError(f"no account has been entered for: {str(state.statement)[:200]}")
        return
    state.statement = _only_our_rows(state.statement)


def _only_our_rows(statement: Any) -> Any:
    """The statement for the entered account's rows alone: made once of one that is built once and executed often, which
    SQLAlchemy then knows again without working out anew what it is made of.
    """
    ours = _OURS.get(statement)
    if ours is None:
        ours = _OURS[statement] = statement.options(_ONLY_OUR_ROWS)
    return ours


class _EnteredAccount(FunctionElement[int]):
    """The account that has been entered when the statement is executed.

    A plain value would be told apart from its annotated copies by comparing them as SQL, at each execution anew: a
    third of what a small question costs.
    """

    type = BigInteger()
    inherit_cache = True


_ENTERED = bindparam("entered_account", callable_=current_account_id, type_=BigInteger())


@compiles(_EnteredAccount)
def _entered_account(_element: _EnteredAccount, compiler: SQLCompiler, **kwargs: Any) -> str:
    return compiler.process(_ENTERED, **kwargs)


_ONLY_OUR_ROWS = with_loader_criteria(
    AccountOwned, lambda cls: cls.account_id == _EnteredAccount(), include_aliases=True
)
_OURS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def only_ours(statement: Any) -> Any:
    """The same statement over columns, for the entered account's rows alone: what a session does to each that it is
    given, done once for one that is kept. One that writes asks no other owned table.
    """
    if isinstance(statement, Select):
        return statement.options(_ONLY_OUR_ROWS)
    table = statement.entity_description["table"]
    if _owned_tables(statement) - {table.name}:
        raise TenancyError(f"another owned table within: {str(statement)[:200]}")
    if not (isinstance(table, Table) and table.info.get("owned")):
        return statement
    if isinstance(statement, Insert):
        # Inline: it answers no id that nobody asked for.
        return statement.inline().values(account_id=_EnteredAccount())
    return statement.where(table.c.account_id == _EnteredAccount())


def _owned_tables(statement: Any) -> set[str]:
    return {
        element.name
        for element in visitors.iterate(statement)
        if isinstance(element, Table) and element.info.get("owned")
    }


def _stamp_rows(session: Session, _context: Any, _instances: Sequence[Any] | None) -> None:
    touched = [*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row))]
    if not touched:
        return
    if not g.get("writes", False):
        raise TenancyError("a reading page does not write: say writes=True")
    scope = current_scope()
    for row in touched:
        if not isinstance(row, AccountOwned):
            continue
        if scope is None:
            raise TenancyError(f"no account has been entered for a new {type(row).__name__}")
        if row.account_id is None and scope.account_id is not None:
            row.account_id = scope.account_id
        if scope.account_id is not None and row.account_id != scope.account_id:
            raise TenancyError(f"{type(row).__name__} belongs to another account")


def entered() -> str | None:
    """What row-level security reads of the scope of this app context; None before one was entered."""
    scope = g and current_scope()
    return _told_of(scope) if scope else None


def _told_of(scope: Scope) -> str:
    return "all" if scope.reason is not None else str(scope.account_id)


def tell_postgresql(connection: Any, scope: Scope, *, is_lasting: bool = False) -> None:
    """Row-level security reads this setting; it ends with the transaction, or lasts as long as the connection."""
    connection.exec_driver_sql("select set_config('portal.account', %s, %s)", (_told_of(scope), not is_lasting))
