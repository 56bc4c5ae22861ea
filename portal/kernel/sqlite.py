"""SQLite as this house uses it: WAL, transactions that we begin ourselves, and writers that take short turns."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, event

from portal.kernel.clock import monotonic

_BUSY_MILLISECONDS = 15_000
"""How long a writer waits for its turn before it is told that the database is locked."""
_PATIENCE = ((0.06, 0.0005), (1.0, 0.002), (_BUSY_MILLISECONDS / 1000, 0.01))
"""Having waited so long (seconds), it looks again that often. SQLite's own way soon sleeps 100 ms between two looks, in
which others write a dozen times: beside one that writes without a break, a bell was answered after seconds."""

_PAGES_IN_THE_LOG = 4000
"""So many pages of the log (16 MB) make whoever commits then bring them into the file. A call writes thirty, nearly all
of them the last call's as well, and each comes into the file once: after SQLite's own 1,000 every 28th call waited."""


def tune(engine: Engine, writes: Callable[[], bool], *, cache_megabytes: int) -> None:
    """Each connection as above, its cache so large; `writes()` says whether the transaction that begins will write."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
        # We begin transactions ourselves: sqlite3's own way begins them too late and as readers.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={_BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            f"wal_autocheckpoint={_PAGES_IN_THE_LOG}",
            f"cache_size={-1000 * cache_megabytes}",
            "mmap_size=268435456",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_writing = writes()
        _set_patience(connection, 0 if is_writing else _BUSY_MILLISECONDS)
        # A reader that turns writer fails at once where another wrote meanwhile (SQLITE_BUSY_SNAPSHOT).
        if not is_writing:
            connection.exec_driver_sql("BEGIN")
        elif not _has_its_turn(connection.connection.dbapi_connection):
            # In vain so far: this last look puts what it sees into the library's words.
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_patience(connection: Connection, milliseconds: int) -> None:
    """SQLite's own patience, told only where it changes: writers have theirs below."""
    if connection.info.get("patience") != milliseconds:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds}")
        connection.info["patience"] = milliseconds


def _has_its_turn(raw: Any) -> bool:
    """Whether the transaction has begun; False when somebody else has written all the time, or for another reason."""
    began = monotonic()
    for until, pause in _PATIENCE:
        while monotonic() - began < until:
            try:
                raw.execute("BEGIN IMMEDIATE").close()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    return False
            else:
                return True
            time.sleep(pause)
    return False
