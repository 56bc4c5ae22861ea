"""Time: aware UTC in memory; UNIX seconds only on the wire; local zones only where a page is drawn."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS = 1_000_000


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds of a clock that never goes back; only for measuring how long something took."""
    return time.monotonic()


def from_unix(seconds: float) -> datetime:
    """A moment from UNIX seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def to_unix(moment: datetime) -> int:
    """Whole UNIX seconds of a moment, as the contract puts them on the wire."""
    return int(moment.timestamp())


def from_microseconds(micro: int) -> datetime:
    """A moment as it stands in SQLite and in addresses: microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micro)


def to_microseconds(moment: datetime) -> int:
    """The same of a moment."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * _MICROSECONDS + since.microseconds


def start_of_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """Local midnight before `moment`, in UTC; the day is the one that people in `zone` see on the wall."""
    return moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite, which has no type for it."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone has no meaning")
        return to_microseconds(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return from_microseconds(value)
        moment: datetime = value
        return moment.astimezone(UTC)


class unix_seconds(GenericFunction[int]):  # noqa: N801 - SQLAlchemy names functions as SQL does
    """Whole UNIX seconds of a column of moments, worked out by the database: for rows in great number."""

    type = BigInteger()
    inherit_cache = True


@compiles(unix_seconds, "sqlite")
def _unix_seconds_on_sqlite(element: unix_seconds, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"({compiler.process(element.clauses, **kwargs)} / {_MICROSECONDS})"


@compiles(unix_seconds, "postgresql")
def _unix_seconds_on_postgresql(element: unix_seconds, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"CAST(floor(extract(epoch from {compiler.process(element.clauses, **kwargs)})) AS BIGINT)"
