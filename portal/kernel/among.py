"""A column among the values of a list that is given as one value: the statement stays the same however many there are.

A list that is written out makes another statement for each length: SQLAlchemy fills it in anew each time, and
PostgreSQL plans each anew instead of keeping the plan.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, String, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine


class _ListOf(TypeDecorator[list[Any]]):
    """An array on PostgreSQL, JSON on SQLite."""

    impl = String
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else ARRAY(self.item))

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        return json.dumps(value) if dialect.name == "sqlite" else value


def list_of(item: TypeEngine[Any]) -> TypeEngine[list[Any]]:
    """The type of one value that is a list of these, for a statement that is written as text."""
    return _ListOf(item)


class among(FunctionElement[bool]):  # noqa: N801 - SQLAlchemy names functions as SQL does
    """True where `column` has one of the values that the statement is executed with as `name`, a list."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any] | InstrumentedAttribute[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=_ListOf(column.type)))

    def self_group(self, against: OperatorType | None = None) -> Any:  # noqa: ARG002 -- SQLAlchemy's own signature
        """As it is: with the `= 1` that SQLite's booleans are else given, no index would be used."""
        return self


@compiles(among, "sqlite")
def _among_on_sqlite(element: among, compiler: SQLCompiler, **kwargs: Any) -> str:
    column, values = (compiler.process(each, **kwargs) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 -- of our own statements


@compiles(among, "postgresql")
def _among_on_postgresql(element: among, compiler: SQLCompiler, **kwargs: Any) -> str:
    column, values = (compiler.process(each, **kwargs) for each in element.clauses)
    return f"{column} = ANY ({values})"
