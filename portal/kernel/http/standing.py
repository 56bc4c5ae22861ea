"""Connections that stay open to one server of the operator's own, for what is asked of it many times a second.

A `Door` is made for receivers of strangers: it keeps evidence, unpacks and measures each phase, which costs 1 ms of
processor an exchange. Here the same door dials (addresses checked, TLS, no proxy), and what is said then is written and
read as it stands, for a sixth of that.
"""

from __future__ import annotations

import re
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import BinaryIO, NamedTuple, TypeAlias

from portal.kernel.http.carrier import Carrier
from portal.kernel.http.connections import CheckedConnection
from portal.kernel.http.errors import BadRequest
from portal.kernel.http.exchange import EXPECTED, failed
from portal.kernel.http.journey import HEAD_BYTES, Journey, Stage
from portal.kernel.http.plain import Head, Wire
from portal.kernel.http.stream import Stream
from portal.kernel.http.target import CheckedUrl

_AT_MOST = 64
_FOR_ALL = 2 * HEAD_BYTES
"""A head, and what of the body comes in one read with it."""
_PATH = re.compile(r"[!-~]*")
Asked: TypeAlias = tuple[str, str, bytes | None]
"""Method, path and body."""


class Reply(NamedTuple):
    """An answer, whatever its status; 3xx is not followed."""

    status: int
    reason: str
    body: bytes


class _Kept(NamedTuple):
    since: float
    connection: CheckedConnection
    wire: Wire


class StandingLine:
    """Made by `Door.standing_line`. Thread-safe: a thread has a connection for itself while it asks."""

    def __init__(
        self,
        base: Callable[[], CheckedUrl],
        headers: Mapping[str, str],
        carrier: Carrier,
        idle_seconds: float,
    ) -> None:
        self._check_base = base
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._carrier = carrier
        self._idle_seconds = idle_seconds
        self._idle: deque[_Kept] = deque()
        """The latest used is taken first, so that a quiet hour needs few."""
        self._is_closed = False

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        deadline_seconds: float,
        body_cap: int,
        can_repeat: bool,
    ) -> Reply:
        """One exchange, over within `deadline_seconds`. `path` goes behind the base as it is; a `body` is JSON.

        A kept connection that breaks before any byte of an answer is replaced by a new one, once, where `can_repeat`
        says that no harm is done when this arrives twice. Raises Failed and nothing else.
        """
        written = (method, path, body)
        with self._talk(written, Journey(deadline_seconds), body_cap, can_repeat=can_repeat) as (head, pieces):
            return Reply(head.status, head.reason, b"".join(pieces))

    def fetch(self, path: str, file: BinaryIO, *, deadline_seconds: float, body_cap: int) -> Reply:
        """The body of a 2xx into `file`, as it comes. Raises Failed, and what the file raises."""
        with self._talk(("GET", path, None), Journey(deadline_seconds), body_cap, can_repeat=True) as (head, pieces):
            if head.status >= 300:
                return Reply(head.status, head.reason, b"".join(pieces))
            file.writelines(pieces)
            return Reply(head.status, head.reason, b"")

    def stream(self, *, deadline_seconds: float) -> Stream:
        """A connection by itself, for what is no exchange. Raises Failed."""
        journey = Journey(deadline_seconds)
        try:
            return Stream(self.reach(journey))
        except EXPECTED as error:
            raise failed(error, journey) from error

    def reach(self, journey: Journey) -> CheckedConnection:
        """A new connection. Raises what `EXPECTED` names."""
        return self._carrier.reach(self._base, journey, is_reuse_allowed=False)

    def written(self, asked: Asked) -> bytes:
        """A request as it stands on the wire. Raises BadRequest for a path that a request line cannot hold."""
        method, path, body = asked
        if not _PATH.fullmatch(path):
            raise BadRequest("the path holds what a request line cannot")
        length = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        head = f"{method} {self._base.target}{path} HTTP/1.1\r\n{self._start}{length}\r\n"
        return head.encode("latin-1") + (body or b"")

    def close(self) -> None:
        """Close the connections that wait, and each that comes from now on."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().connection.hang_up()

    @contextmanager
    def _talk(
        self, asked: Asked, journey: Journey, body_cap: int, *, can_repeat: bool
    ) -> Iterator[tuple[Head, Iterator[bytes]]]:
        try:
            kept, head = self._begin(self.written(asked), journey, can_repeat=can_repeat)
        except EXPECTED as error:
            raise failed(error, journey) from error
        try:
            yield head, _body(kept.wire, head, body_cap, journey)
        except BaseException:
            kept.connection.hang_up()
            raise
        self._keep(kept, head)

    def _begin(self, written: bytes, journey: Journey, *, can_repeat: bool) -> tuple[_Kept, Head]:
        kept = self._take(journey)
        if kept is not None:
            try:
                return kept, _exchange(kept, written, journey)
            except (ConnectionError, ssl.SSLEOFError):
                if not can_repeat or journey.received:
                    raise
        kept = self._open(journey)
        return kept, _exchange(kept, written, journey)

    def _open(self, journey: Journey) -> _Kept:
        connection = self.reach(journey)
        return _Kept(time.monotonic(), connection, Wire(connection.line))

    def _take(self, journey: Journey) -> _Kept | None:
        """A connection that is young enough and still open, as far as one can know without asking the other side."""
        while True:
            try:
                kept = self._idle.pop()
            except IndexError:
                return None
            # Readable while nothing was asked: the other side has closed it, or says what nobody asked for.
            if time.monotonic() - kept.since < self._idle_seconds and kept.connection.is_connected:
                kept.connection.resume(journey)
                return kept
            kept.connection.hang_up()

    def _keep(self, kept: _Kept, head: Head) -> None:
        can_be_kept = head.stays_open and kept.wire.is_empty and (head.is_chunked or head.length is not None)
        if not can_be_kept or self._is_closed or len(self._idle) >= _AT_MOST:
            kept.connection.hang_up()
            return
        self._idle.append(kept._replace(since=time.monotonic()))

    @cached_property
    def _base(self) -> CheckedUrl:
        return self._check_base()

    @cached_property
    def _start(self) -> str:
        return f"Host: {self._base.host_header}\r\nAccept-Encoding: identity\r\n{self._headers}"


def _exchange(kept: _Kept, written: bytes, journey: Journey) -> Head:
    """In one piece: Asterisk reads head and body with one look."""
    try:
        journey.enter(Stage.WAIT)
        journey.allow_bytes(_FOR_ALL)
        kept.connection.line.sendall(written)
        return kept.wire.head()
    except BaseException:
        kept.connection.hang_up()
        raise


def _body(wire: Wire, head: Head, cap: int, journey: Journey) -> Iterator[bytes]:
    try:
        # Framing may take as much again, but not without end.
        journey.allow_bytes(4 * cap + HEAD_BYTES)
        yield from wire.body(head, cap)
    except EXPECTED as error:
        raise failed(error, journey) from error
