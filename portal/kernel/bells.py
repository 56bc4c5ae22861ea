"""Bells between processes: rung after a commit, they wake whoever waits for what was written.

A bell carries a topic and nothing else; whoever hears it looks into the database. A bell may be lost (a process
starts, a socket is full): every listener polls as a backstop. SQLite installations ring datagram sockets in the
data folder, PostgreSQL ones use NOTIFY, which the server itself delivers at commit.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy.engine import make_url

CHANNEL = "portal_bells"


def live_topic(account_id: int, name: str) -> str:
    """The bell of something that an account's open pages show, such as `calls-changed`."""
    return f"live:{account_id}:{name}"


class Listener(Protocol):
    """One waiting process or thread."""

    def wait(self, seconds: float) -> set[str]:
        """The topics rung since the last call; waits at most so long for the first. Empty at the end of the time."""

    def close(self) -> None:
        """Stops hearing."""


class Bells(Protocol):
    """The installation's bells."""

    rings_in_transaction: bool
    """Whether ringing belongs into the transaction (NOTIFY) or after its commit."""

    def ring(self, topics: Iterable[str]) -> None:
        """Wakes every listener. Never raises and never waits."""

    def listen(self) -> Listener:
        """A new listener that hears every topic from now on."""


class SocketBells:
    """Datagram sockets in one folder: for the processes of one machine."""

    rings_in_transaction = False

    def __init__(self, folder: Path) -> None:
        # A socket's path has at most 108 bytes (unix(7)); a deep data folder would not fit.
        if len(str(folder)) > 70:
            folder = Path(tempfile.gettempdir()) / f"portal-bells-{os.getuid()}-{abs(hash_path(folder)):x}"
        self._folder = folder

    def ring(self, topics: Iterable[str]) -> None:
        message = "\n".join(sorted(set(topics))).encode()
        with contextlib.suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                self._send(path, message)

    def listen(self) -> Listener:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _SocketListener(self._folder / f"{os.getpid()}-{secrets.token_hex(4)}")

    @staticmethod
    def _send(path: Path, message: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            bell.setblocking(False)
            try:
                bell.sendto(message, str(path))
            except ConnectionRefusedError:
                # Its process has died without closing.
                path.unlink(missing_ok=True)
            except OSError:
                # Full: it has bells to hear already.
                return


def hash_path(folder: Path) -> int:
    """The same number for the same folder in every process (Python's own `hash` of text is not)."""
    return int.from_bytes(os.fsencode(folder)[-48:], "big") % (1 << 61)


class _SocketListener:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def wait(self, seconds: float) -> set[str]:
        select.select([self._socket], [], [], max(0.0, seconds))
        topics: set[str] = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                topics.update(self._socket.recv(65_536).decode().split("\n"))
        return topics

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)


class PostgresBells:
    """LISTEN/NOTIFY: for the processes of many machines."""

    rings_in_transaction = True

    def __init__(self, database_url: str) -> None:
        self._dsn = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)

    def ring(self, topics: Iterable[str]) -> None:
        """Outside a transaction (a shutdown, a test): by a connection of its own."""
        with contextlib.suppress(psycopg.Error), psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute("select pg_notify(%s, %s)", (CHANNEL, "\n".join(sorted(set(topics)))))

    def listen(self) -> Listener:
        return _PostgresListener(self._dsn)


class _PostgresListener:
    """Reconnects by itself: a lost connection is a lost bell, which the poll mends."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection | None = None
        self._connect()

    def _connect(self) -> psycopg.Connection:
        self._connection = psycopg.connect(self._dsn, autocommit=True)
        self._connection.execute(f"listen {CHANNEL}")
        return self._connection

    def wait(self, seconds: float) -> set[str]:
        topics: set[str] = set()
        try:
            connection = self._connection or self._connect()
            for notice in connection.notifies(timeout=max(0.0, seconds), stop_after=1):
                topics.update(notice.payload.split("\n"))
            for notice in connection.notifies(timeout=0):
                topics.update(notice.payload.split("\n"))
        except psycopg.Error:
            self.close()
            select.select([], [], [], min(1.0, max(0.0, seconds)))
        return topics

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def make_bells(database_url: str, data: Path) -> Bells:
    """The bells that go with this database."""
    if database_url.startswith("sqlite"):
        return SocketBells(data / "bells")
    return PostgresBells(database_url)
