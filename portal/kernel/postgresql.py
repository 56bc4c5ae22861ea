"""PostgreSQL as this house uses it: many small statements, each asked again and again, and each waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import InvalidatePoolError

from portal.kernel.clock import monotonic
from portal.kernel.pipeline import PipelinedConnection
from portal.kernel.rowsecurity import SETTING
from portal.kernel.told import told

_SETTINGS = "-c jit=off -c max_parallel_workers_per_gather=0"
"""What it estimates to be long it would compile first, for seconds, or share with processes that take 40 ms to begin,
where a page then reads some rows of an index in five. Indexes are still made by several."""
_EACH_BY_ITSELF = "AUTOCOMMIT"
_RESTED = 1.0
"""A connection that nobody used for so long (seconds) is asked whether it still stands; one in use is not, since the
question takes as long as any other."""
_SINCE = "rests since"
_NOTIFY = "select pg_notify($1, $2)"


def options(database_url: str) -> dict[str, Any]:
    """What the engine is made with, besides the size of its pool."""
    asked = make_url(database_url).query.get("options", ())
    kept = (asked,) if isinstance(asked, str) else asked
    # The driver is to begin nothing by itself: see `tune`.
    return {"isolation_level": _EACH_BY_ITSELF, "connect_args": {"options": " ".join((*kept, _SETTINGS))}}


def tune(engine: Engine, account: Callable[[], str | None]) -> None:
    """Transactions that begin with the `account` whose rows they may see, None for no one's, told in the same breath;
    one that broke while it rested is replaced.
    """

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, told: Any, named: Any) -> PipelinedConnection:
        return PipelinedConnection.connect(*told, **named)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") == _EACH_BY_ITSELF:
            return
        entered = account()
        with _telling(connection, "begin") as raw:
            raw.begin({} if entered is None else {SETTING: entered})

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info[_SINCE] = monotonic()

    @event.listens_for(engine, "checkout")
    def look_after_rest(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get(_SINCE)
        if since is None or monotonic() - since < _RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def notify(connection: Connection, channel: str, message: str) -> None:
    """Delivered at the commit."""
    with _telling(connection, _NOTIFY) as raw:
        raw.send(_NOTIFY, [(channel, message)])


@contextmanager
def _telling(connection: Connection, statement: str) -> Iterator[PipelinedConnection]:
    """What psycopg knows the connection as; its errors come in SQLAlchemy's words."""
    raw: Any = connection.connection.dbapi_connection
    try:
        yield raw
    except psycopg.Error as error:
        raise told(error, statement, (), connection) from error
