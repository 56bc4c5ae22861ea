"""A `StandingLine` for a thread that never waits: its exchanges go on beside each other in the loop of that thread.

Threads that wait for an answer each take turns at Python's one lock, several times an exchange: under load that cost
more than the exchanges themselves.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from portal.kernel.http.connections import CheckedConnection
from portal.kernel.http.errors import Failed
from portal.kernel.http.exchange import EXPECTED, failed
from portal.kernel.http.journey import HEAD_BYTES, Journey, Stage
from portal.kernel.http.plain import Head, Wire
from portal.kernel.http.standing import Reply, StandingLine

Told: TypeAlias = Callable[[Reply | Failed], None]
_PIECE_BYTES = 64 * 1024


class Loop(Protocol):
    """The thread's own loop. Whatever it is given is done in that thread."""

    def post(self, act: Callable[[], None], /) -> None:
        """Soon. From any thread."""
        ...

    def watch(self, line: socket.socket, heard: Callable[[], None], /) -> None:
        """Whenever there is something to read."""
        ...

    def unwatch(self, line: socket.socket, /) -> None:
        """No longer."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    written: bytes
    body_cap: int
    can_repeat: bool
    journey: Journey
    told: Told


class LoopedLine:
    """In the loop's thread, but for `close`. Not more than `at_most` are asked at once; who comes then waits."""

    def __init__(self, line: StandingLine, loop: Loop, *, at_most: int, idle_seconds: float) -> None:
        self._line = line
        self._loop = loop
        self._at_most = at_most
        self._idle_seconds = idle_seconds
        self._idle: list[_Seat] = []
        """The latest used is taken first, so that a quiet hour needs few."""
        self._busy: dict[_Asked, _Seat | None] = {}
        """None while it is dialled."""
        self._waiting: deque[_Asked] = deque()
        self._dialler = ThreadPoolExecutor(2, "dial")

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        told: Told,
        *,
        deadline_seconds: float,
        body_cap: int,
        can_repeat: bool,
    ) -> None:
        """See `StandingLine.ask`; `told` gets what that would answer or raise."""
        journey = Journey(deadline_seconds)
        try:
            written = self._line.written((method, path, body))
        except EXPECTED as error:
            told(failed(error, journey))
            return
        asked = _Asked(written, body_cap, can_repeat, journey, told)
        if len(self._busy) < self._at_most:
            self._begin(asked)
        else:
            self._waiting.append(asked)

    def give_up_late(self) -> None:
        """To be done now and then: what has had no answer by its deadline will have none."""
        # First those that wait: the end of another would give them its place.
        for asked in [each for each in self._waiting if each.journey.is_over]:
            self._waiting.remove(asked)
            asked.told(failed(TimeoutError(), asked.journey))
        for asked, seat in list(self._busy.items()):
            # Who is still being dialled for keeps the deadline itself.
            if seat is not None and asked.journey.is_over:
                seat.hang_up()
                self._end(asked, failed(TimeoutError(), asked.journey))

    def close(self) -> None:
        """When the loop has ended."""
        self._dialler.shutdown(wait=False, cancel_futures=True)
        for seat in (*self._idle, *self._busy.values()):
            if seat is not None:
                seat.hang_up()

    def _begin(self, asked: _Asked) -> None:
        while self._idle:
            seat = self._idle.pop()
            if time.monotonic() - seat.since < self._idle_seconds:
                self._busy[asked] = seat
                seat.begin(asked)
                return
            seat.hang_up()
        self._dial(asked)

    def _dial(self, asked: _Asked) -> None:
        self._busy[asked] = None
        self._dialler.submit(self._reach, asked)

    def _reach(self, asked: _Asked) -> None:
        """In a thread that may wait."""
        try:
            connection = self._line.reach(asked.journey)
        except EXPECTED as error:
            failure = failed(error, asked.journey)
            self._loop.post(lambda: self._end(asked, failure))
        else:
            self._loop.post(lambda: self._be_seated(asked, connection))

    def _be_seated(self, asked: _Asked, connection: CheckedConnection) -> None:
        self._busy[asked] = seat = _Seat(connection, self._loop, self._hear)
        seat.begin(asked)

    def _hear(self, seat: _Seat, asked: _Asked | None, heard: Reply | Exception) -> None:
        """What came of a seat's exchange; without one, the other side has hung up."""
        if asked is None:
            self._idle.remove(seat)
        elif isinstance(heard, Reply):
            if seat.is_open:
                self._idle.append(seat)
            self._end(asked, heard)
        elif seat.may_repeat(heard):
            self._dial(asked)
        else:
            self._end(asked, failed(heard, asked.journey))

    def _end(self, asked: _Asked, heard: Reply | Failed) -> None:
        del self._busy[asked]
        asked.told(heard)
        while self._waiting and len(self._busy) < self._at_most:
            self._begin(self._waiting.popleft())


class _Seat:
    """One connection, and who asks over it."""

    def __init__(
        self,
        connection: CheckedConnection,
        loop: Loop,
        heard: Callable[[_Seat, _Asked | None, Reply | Exception], None],
    ) -> None:
        self.since = 0.0
        self.is_open = True
        self._connection, self._line = connection, connection.line
        self._line.settimeout(0)
        self._loop = loop
        self._heard = heard
        self._asked: _Asked | None = None
        self._is_reused = False
        self._come = b""
        self._buffer = bytearray(_PIECE_BYTES)
        loop.watch(self._line, self._read)

    def begin(self, asked: _Asked) -> None:
        """In one piece: Asterisk reads head and body with one look."""
        self._asked, self._come, self._is_reused = asked, b"", bool(self.since)
        self._connection.resume(asked.journey)
        asked.journey.enter(Stage.WAIT)
        asked.journey.allow_bytes(4 * asked.body_cap + HEAD_BYTES)
        try:
            if self._line.send_now(asked.written) < len(asked.written):
                # Nothing else is on its way here, and what is asked is shorter than any buffer.
                raise ConnectionError("the other side takes nothing")
        except OSError as error:
            self._end(error)

    def may_repeat(self, error: Exception) -> bool:
        """A kept connection that broke before any byte of an answer: see `StandingLine.ask`."""
        asked = self._asked
        broke = isinstance(error, ConnectionError | ssl.SSLEOFError)
        return asked is not None and broke and self._is_reused and asked.can_repeat and not asked.journey.received

    def hang_up(self) -> None:
        """The connection goes."""
        self.is_open = False
        self._loop.unwatch(self._line)
        self._connection.hang_up()

    def _read(self) -> None:
        if not self.is_open:
            return
        try:
            reply = self._reply()
        except (BlockingIOError, ssl.SSLWantReadError):
            return  # more is to come
        except EXPECTED as error:
            self._end(error)
        else:
            self._end(reply)

    def _reply(self) -> Reply:
        if self._asked is None:
            raise ConnectionError("the other side has closed it, or says what nobody asked for")
        while True:
            count = self._line.recv_now(self._buffer)
            self._come += self._buffer[:count]
            wire = Wire(_Come(is_ended=not count), self._come)
            try:
                head = wire.head()
                body = b"".join(wire.body(head, self._asked.body_cap))
            except BlockingIOError:
                continue  # is there more already? With TLS nobody would tell of it again.
            if not (head.stays_open and wire.is_empty and _is_framed(head)):
                self.hang_up()
            return Reply(head.status, head.reason, body)

    def _end(self, heard: Reply | Exception) -> None:
        if not isinstance(heard, Reply):
            self.hang_up()
        self.since = time.monotonic()
        asked = self._asked
        self._heard(self, asked, heard)
        if self._asked is asked:
            self._asked = None


@dataclass(frozen=True, slots=True)
class _Come:
    """What comes after all that has come: nothing yet, or nothing any more."""

    is_ended: bool

    def recv_into(self, _buffer: bytearray, /) -> int:
        if self.is_ended:
            return 0
        raise BlockingIOError


def _is_framed(head: Head) -> bool:
    return head.is_chunked or head.length is not None
