"""Locks between processes: of those that want the same name, one has it, until it lets go or dies.

Embedded installations lock a file in the data folder, PostgreSQL ones take an advisory lock of the server, so that
the processes of many machines see it. The system itself frees the lock of a process that has died.
"""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy.engine import make_url

LOCK_HOLDER = "portal lock"
"""How PostgreSQL calls a connection that only holds a lock."""


class LockLost(RuntimeError):
    """The lock is no longer held: its connection broke, and another process may have it by now."""


class ProcessLock(Protocol):
    """A lock that this process holds."""

    def check(self) -> None:
        """Raises `LockLost` where it is held no longer."""

    def release(self) -> None:
        """Lets go; again is no error."""


def take_lock(name: str, database_url: str, data: Path) -> ProcessLock | None:
    """The lock of this name, or None where another process has it. Never waits for it."""
    if database_url.startswith("sqlite"):
        return _FileLock.take(data / f"{re.sub(r'[^0-9A-Za-z_.-]', '_', name)}.lock")
    dsn = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return _AdvisoryLock.take(dsn, name)


class _FileLock:
    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    @classmethod
    def take(cls, path: Path) -> _FileLock | None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return cls(handle)

    def check(self) -> None:
        """A file's lock lasts as long as its process."""

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class _AdvisoryLock:
    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls, dsn: str, name: str) -> _AdvisoryLock | None:
        connection = psycopg.connect(dsn, autocommit=True, application_name=LOCK_HOLDER)
        row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)).fetchone()
        if row is None or not row[0]:
            connection.close()
            return None
        return cls(connection)

    def check(self) -> None:
        try:
            self._connection.execute("select 1")
        except psycopg.Error as error:
            raise LockLost("the connection that held the lock has broken") from error

    def release(self) -> None:
        self._connection.close()
