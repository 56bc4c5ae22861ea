"""Connections to checked addresses: urllib3's own, but dialled by us, and kept for the next exchange."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections import OrderedDict, deque
from typing import Any, NamedTuple

from urllib3.connection import HTTPConnection
from urllib3.response import HTTPResponse

from portal.kernel.http.addresses import Address
from portal.kernel.http.dial import TimedSocket, dial, shake_hands
from portal.kernel.http.journey import HEAD_BYTES, Journey, Peer, Stage

# It writes what an odd answer holds into the log, at the length that the receiver likes.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class Route(NamedTuple):
    """Where a connection leads. Names at one address do not share it: a certificate was checked for one of them."""

    scheme: str
    host: str
    port: int
    address: Address


class CheckedConnection(HTTPConnection):
    """A connection that dials the address of its route, and knows its name only for Host, SNI and the certificate."""

    def __init__(self, route: Route, journey: Journey, context: ssl.SSLContext, connect_seconds: float) -> None:
        super().__init__(route.host, route.port)
        self.route = route
        self._journey = journey
        self._context = context
        self._connect_seconds = connect_seconds
        self._line: TimedSocket | None = None
        self._target = ""

    def open(self) -> None:
        """Dial, and shake hands where the route is https. Raises OSError, of which TimeoutError and ssl.SSLError."""
        self._journey.peer = Peer(str(self.route.address), self.route.port)
        self.connect()

    def resume(self, journey: Journey) -> None:
        """A kept connection: from here on it keeps the deadline of another exchange."""
        self._journey = journey
        journey.peer = Peer(str(self.route.address), self.route.port, is_reused=True)
        if self._line is not None:
            self._line.journey = journey

    @property
    def line(self) -> TimedSocket:
        """What was dialled. Raises ConnectionError where it is closed."""
        if self._line is None:
            raise ConnectionError("not open")
        return self._line

    def exchange(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> HTTPResponse:
        """Write the request and read the head of the answer; its body is read from what is returned."""
        self._target = target
        self._journey.enter(Stage.WAIT)
        self._journey.sent_head = b""
        self._journey.allow_bytes(HEAD_BYTES)
        # It may have answered (413) before it hung up on a body that it did not want.
        with contextlib.suppress(BrokenPipeError):
            # urllib3 keeps the URL for its log: it is not given the real one.
            self.request(method, "/", body, headers, preload_content=False, decode_content=False)
        answer = self.getresponse()
        if self._journey.is_at_end:
            # http.client takes a head that breaks off for a whole one: half of one would count as delivered.
            answer.close()
            raise ConnectionResetError("closed within the head of the answer")
        return answer

    def hang_up(self) -> None:
        """Close, and with it the socket that `close` leaves to an unread answer."""
        self.close()
        if self._line is not None and self._line.fileno() >= 0:
            socket.close(self._line.detach())

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 -- see `request` above
        """The request line: the target byte for byte, whatever a library on the way would have made of it."""
        super().putrequest(method, self._target, *args, **kwargs)

    def send(self, data: Any) -> None:
        """The first piece is the head, in one; what is reported as sent is taken from here."""
        self._journey.sent_head = self._journey.sent_head or data
        super().send(data)

    def _new_conn(self) -> socket.socket:
        self._journey.enter(Stage.CONNECT)
        line = dial(self.route.address, self.route.port, self._journey, self._connect_seconds)
        if self.route.scheme == "https":
            self._journey.enter(Stage.TLS)
            line = shake_hands(line, self._context, self.route.host)
        self._line = line
        return line


class KeptConnections:
    """Open connections that wait for another exchange, by route. Bounded, thread-safe; one thread has one at a time."""

    def __init__(self, at_most: int, seconds: float) -> None:
        self._at_most = at_most
        self._seconds = seconds
        self._lock = threading.Lock()
        # Routes in the order of their latest use, connections of a route likewise.
        self._idle: OrderedDict[Route, deque[tuple[float, CheckedConnection]]] = OrderedDict()
        self._count = 0
        self._is_closed = False

    def take(self, route: Route) -> CheckedConnection | None:
        """The latest used one that is young enough and still open, as far as one can know without asking the peer."""
        while (found := self._pop(route)) is not None:
            since, connection = found
            # Readable while nothing was asked: the peer has closed it, or says what nobody asked for.
            if time.monotonic() - since < self._seconds and connection.is_connected:
                return connection
            connection.hang_up()
        return None

    def keep(self, connection: CheckedConnection) -> None:
        """For the next exchange; the one that has waited longest goes where there are too many.

        An exchange may end after `close`, in a thread for which nobody waited: there is no next one then.
        """
        with self._lock:
            self._idle.setdefault(connection.route, deque()).append((time.monotonic(), connection))
            self._idle.move_to_end(connection.route)
            self._count += 1
            stale = self._all() if self._is_closed else self._stale()
        for old in stale:
            old.hang_up()

    def close(self) -> None:
        """Close all that wait, and each that comes from now on."""
        with self._lock:
            self._is_closed = True
            waiting = self._all()
        for connection in waiting:
            connection.hang_up()

    def _all(self) -> list[CheckedConnection]:
        waiting = [connection for kept in self._idle.values() for _, connection in kept]
        self._idle.clear()
        self._count = 0
        return waiting

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
