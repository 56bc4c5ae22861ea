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
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from portal.kernel.clock import monotonic

CHANNEL = "portal_bells"
_GLANCE = 0.5
# A machine that went dark closes nothing: by itself the server would take it for listening for two hours.
_MISSED_SOON = (
    "tcp_keepalives_idle = 5",
    "tcp_keepalives_interval = 5",
    "tcp_keepalives_count = 2",
    "tcp_user_timeout = 15000",
)
_LISTENING = text(
    "select application_name from pg_stat_activity"
    " where datname = current_database() and application_name like :beginning"
)


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

    def listen(self, name: str | None = None) -> Listener:
        """A new listener that hears every topic from now on. `listening` knows its `name` (50 characters at most)."""

    def listening(self, connection: Connection, prefix: str) -> frozenset[str]:
        """The names beginning so of those that listen now: a process that was killed does not."""


def wait_for(topic: str, listener: Listener, stop: threading.Event, *, seconds: float) -> None:
    """Until this topic is rung, or so long, or a glance after `stop`; whatever else is rung meanwhile."""
    until = monotonic() + seconds
    while not stop.is_set() and (left := until - monotonic()) > 0 and topic not in listener.wait(min(left, _GLANCE)):
        pass


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

    def listen(self, name: str | None = None) -> Listener:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _SocketListener(self._folder / (name or f"{os.getpid()}-{secrets.token_hex(4)}"))

    def listening(self, _connection: Connection, prefix: str) -> frozenset[str]:
        with contextlib.suppress(FileNotFoundError):
            return frozenset(each.name for each in self._folder.glob(f"{prefix}*") if self._is_heard(each))
        return frozenset()

    @staticmethod
    def _is_heard(path: Path) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            return bell.connect_ex(str(path)) == 0

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

    def listen(self, name: str | None = None) -> Listener:
        return _PostgresListener(self._dsn, name or "portal")

    def listening(self, connection: Connection, prefix: str) -> frozenset[str]:
        """Whoever's connection stands: the server closes that of a killed process at once."""
        return frozenset(connection.scalars(_LISTENING, {"beginning": f"{prefix}%"}))


class _PostgresListener:
    """Reconnects by itself: a lost connection is a lost bell, which the poll mends."""

    def __init__(self, dsn: str, name: str) -> None:
        self._dsn = dsn
        self._name = name
        self._connection: psycopg.Connection | None = None
        self._connect()

    def _connect(self) -> psycopg.Connection:
        self._connection = psycopg.connect(self._dsn, autocommit=True, application_name=self._name)
        for setting in _MISSED_SOON:
            self._connection.execute(f"set {setting}")
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
