"""A receiver in a process of its own, as lean as Python has one: it must not be what is measured."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import cast

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEAD_END = b"\r\n\r\n"
_context = multiprocessing.get_context("spawn")


class Sink:
    """Answers at once on `port`, never on `deaf_port`; remembers the moment and the target of each request."""

    def __init__(self, pipe: Connection, port: int, deaf_port: int) -> None:
        self._pipe = pipe
        self.url = f"http://127.0.0.1:{port}"
        self.deaf_url = f"http://127.0.0.1:{deaf_port}"

    def take(self) -> list[tuple[float, str]]:
        """What has come since the last time: seconds on the monotonic clock, path and query."""
        self._pipe.send("take")
        return cast("list[tuple[float, str]]", self._pipe.recv())

    def count(self) -> int:
        """How much has come since the last `take`."""
        self._pipe.send("count")
        return cast("int", self._pipe.recv())

    def wait_for(self, number: int, seconds: float, check: Callable[[], None]) -> None:
        """Until so much has come. Raises TimeoutError, and what `check` raises where it sees that nothing will."""
        deadline = time.monotonic() + seconds
        while self.count() < number:
            check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.count()} of {number} requests came in {seconds} s")
            time.sleep(0.02)


@contextmanager
def sink() -> Iterator[Sink]:
    """One that listens for the time of the block."""
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        port, deaf_port = ours.recv()
        yield Sink(ours, port, deaf_port)
    finally:
        ours.send("stop")
        process.join(10)


def _serve(pipe: Connection) -> None:
    asyncio.run(_Server(pipe).run())


class _Server:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._came: list[tuple[float, str]] = []
        self._stop = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        quick = await loop.create_server(lambda: _Visit(self._came, is_deaf=False), "127.0.0.1", 0, backlog=512)
        deaf = await loop.create_server(lambda: _Visit([], is_deaf=True), "127.0.0.1", 0, backlog=512)
        loop.add_reader(self._pipe.fileno(), self._obey)
        self._pipe.send([server.sockets[0].getsockname()[1] for server in (quick, deaf)])
        await self._stop.wait()

    def _obey(self) -> None:
        try:
            word = self._pipe.recv()
        except EOFError:
            word = "stop"
        if word == "take":
            self._pipe.send(self._came[:])
            self._came.clear()
        elif word == "count":
            self._pipe.send(len(self._came))
        else:
            self._stop.set()


class _Visit(asyncio.Protocol):
    """One connection."""

    def __init__(self, came: list[tuple[float, str]], *, is_deaf: bool) -> None:
        self._came = came
        self._is_deaf = is_deaf
        self._unread = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        at = time.monotonic()
        if self._is_deaf or self._transport is None:
            return
        self._unread += data
        while HEAD_END in self._unread:
            head, _, self._unread = self._unread.partition(HEAD_END)
            self._came.append((at, head.split(b" ", 2)[1].decode("latin-1")))
            self._transport.write(ANSWER)
