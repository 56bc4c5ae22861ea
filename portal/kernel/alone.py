"""An installation that one process has to itself: nobody else is connected, and no demo or engine can begin."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from portal.kernel.config import Settings
from portal.kernel.errors import Conflict
from portal.kernel.locks import LOCK_HOLDER, take_lock

_SECONDS_TO_LEAVE = 5
_OTHERS = """
    select count(*) from pg_stat_activity
    where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
        and application_name <> %s
"""


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """The installation is the caller's, whose own connections to the database must be closed.

    Raises `Conflict` where somebody else uses it.
    """
    with ExitStack() as stack:
        for name in ("demo", f"engine-{settings.switch}"):
            lock = take_lock(name, settings.database_url, settings.data)
            if lock is None:
                raise _runs()
            stack.callback(lock.release)
        look_for_others(settings)
        yield


def look_for_others(settings: Settings) -> None:
    """Raises `Conflict` where somebody is connected to the database."""
    if settings.is_embedded:
        let_nobody_hold(sqlite_file(settings))
    elif not _is_alone(settings.database_url):
        raise _runs()


def let_nobody_hold(file: Path) -> None:
    """Leaves write-ahead logging, which SQLite grants to an only connection, and which puts its log away.

    Raises `Conflict` where there is another one.
    """
    if not file.exists():
        return
    with closing(sqlite3.connect(file, timeout=1)) as only:
        try:
            only.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            raise _runs() from None


def sqlite_file(settings: Settings) -> Path:
    """The file of an embedded database."""
    return Path(settings.database_url.partition(":///")[2].partition("?")[0])


def _is_alone(database_url: str) -> bool:
    """Whether no other process is connected as this role, but to hold a lock; those that have just ended get a moment
    to be gone.
    """
    dsn = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    deadline = time.monotonic() + _SECONDS_TO_LEAVE
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute(_OTHERS, (LOCK_HOLDER,)).fetchone() != (0,):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
    return True


def _runs() -> Conflict:
    return Conflict("The installation runs: end it first.")
