"""Connections to checked addresses: urllib3's own, but dialled by us, and kept for the next exchange."""

from __future__ import annotations

import socket
import threading
import time
from collections import OrderedDict, deque
from typing import Any, NamedTuple

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

from portal.kernel.http.addresses import Address
from portal.kernel.http.dial import TimedSocket, dial
from portal.kernel.http.journey import HEAD_BYTES, Journey, Peer, Stage


class Route(NamedTuple):
    """Where a connection leads. Two names at one address do not share one: the certificate was checked for one of them."""

    scheme: str
    host: str
    port: int
    address: Address


class CheckedConnection(HTTPConnection):
    """A connection that dials the address of its route, and knows its name only for Host, SNI and the certificate."""

    def __init__(self, route: Route, connect_seconds: float, **tls: Any) -> None:
        super().__init__(route.host, route.port, **tls)
        self.route = route
        self._connect_seconds = connect_seconds
        self._journey: Journey | None = None
        self._target = ""

    def begin(self, journey: Journey) -> None:
        """From here on everything belongs to this exchange and keeps its deadline."""
        self._journey = journey
        journey.peer = Peer(str(self.route.address), self.route.port, is_reused=self.sock is not None)
        if self.sock is None:
            self.connect()
        if isinstance(self.sock, TimedSocket):
            self.sock.journey = journey

    def exchange(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> HTTPResponse:
        """Write the request, read the head of the answer. The body is read from what is returned, under the same deadline."""
        self._target = target
        journey = self._current
        journey.enter(Stage.WAIT)
        journey.sent_head = b""
        journey.allow_bytes(HEAD_BYTES)
        try:
            # urllib3 logs the URL that it is given when an answer's headers are odd: it is not given the real one.
            self.request(method, "/", body, headers, preload_content=False, decode_content=False)
        except BrokenPipeError:
            pass  # it may have answered (413) before it hung up on a body that it did not want
        return self.getresponse()

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """The request line: the target byte for byte, whatever a library on the way would have made of it."""
        super().putrequest(method, self._target, *args, **kwargs)

    def send(self, data: Any) -> None:
        """The first piece is the head, in one; what is reported as sent is taken from here."""
        self._current.sent_head = self._current.sent_head or data
        super().send(data)

    @property
    def _current(self) -> Journey:
        if self._journey is None:
            raise RuntimeError("begin() comes first")
        return self._journey

    def _new_conn(self) -> socket.socket:
        self._current.enter(Stage.CONNECT)
        sock = dial(self.route.address, self.route.port, self._current, self._connect_seconds)
        if self.route.scheme == "https":
            self._current.enter(Stage.TLS)
        return sock


class CheckedTlsConnection(CheckedConnection, HTTPSConnection):
    """The same over TLS."""


class KeptConnections:
    """Open connections that wait for another exchange, by route. Thread-safe and bounded; each is used by one thread at a time."""

    def __init__(self, at_most: int, seconds: float) -> None:
        self._at_most = at_most
        self._seconds = seconds
        self._lock = threading.Lock()
        # Routes in the order of their latest use, connections of a route likewise.
        self._idle: OrderedDict[Route, deque[tuple[float, CheckedConnection]]] = OrderedDict()
        self._count = 0

    def take(self, route: Route) -> CheckedConnection | None:
        """The latest used one that is young enough and still open, as far as one can know without asking the peer."""
        while (found := self._pop(route)) is not None:
            since, connection = found
            # Readable while nothing was asked: the peer has closed it, or says what nobody asked for.
            if time.monotonic() - since < self._seconds and connection.is_connected:
                return connection
            connection.close()
        return None

    def keep(self, connection: CheckedConnection) -> None:
        """For the next exchange; the one that has waited longest goes where there are too many."""
        with self._lock:
            self._idle.setdefault(connection.route, deque()).append((time.monotonic(), connection))
            self._idle.move_to_end(connection.route)
            self._count += 1
            stale = self._stale()
        for old in stale:
            old.close()

    def close(self) -> None:
        """Close all that wait."""
        with self._lock:
            waiting = [connection for kept in self._idle.values() for _, connection in kept]
            self._idle.clear()
            self._count = 0
        for connection in waiting:
            connection.close()

    def _pop(self, route: Route) -> tuple[float, CheckedConnection] | None:
        with self._lock:
            kept = self._idle.get(route)
            if not kept:
                return None
            self._count -= 1
            newest = kept.pop()
            if not kept:
                del self._idle[route]
            return newest

    def _stale(self) -> list[CheckedConnection]:
        stale = []
        now = time.monotonic()
        while self._idle:
            route, kept = next(iter(self._idle.items()))
            if self._count <= self._at_most and now - kept[0][0] < self._seconds:
                break
            stale.append(kept.popleft()[1])
            self._count -= 1
            if not kept:
                del self._idle[route]
        return stale
