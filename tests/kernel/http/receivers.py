"""Receivers of every temper on 127.0.0.1, each connection of theirs in a thread."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Temper = Callable[["Visit"], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Visit:
    """One connection that came in."""

    def __init__(self, sock: socket.socket, receiver: Receiver) -> None:
        self.sock = sock
        self.receiver = receiver

    def read_request(self) -> bytes:
        """One request's head and what came with it; b"" when the sender went away."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(65536)
            if not piece:
                return b""
            data += piece
        self.receiver.requests.append(data)
        return data

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, pause: float = 0.03) -> None:
        """A byte at a time, each sooner than any timeout of a single read."""
        for byte in data:
            self.say(bytes([byte]))
            if self.receiver.is_closing.wait(pause):
                return

    def hang(self) -> None:
        self.receiver.is_closing.wait()

    def reset(self) -> None:
        """RST instead of an end: linger on, for no time."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Receiver:
    """Listens until the `with` block ends; `requests` holds the heads that came, `visits` counts the connections."""

    def __init__(self, temper: Temper, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.visits = 0
        self.is_closing = threading.Event()
        self._temper = temper
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._open: list[socket.socket] = []
        self.port: int = self._server.getsockname()[1]

    def url(self, target: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{target}"

    def _listen(self) -> None:
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            self.visits += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._visit, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _visit(self, plain: socket.socket) -> None:
        sock = plain
        # A sender that hangs up on a receiver is what these tests are about.
        with contextlib.suppress(OSError):
            if self._tls is not None:
                sock = self._tls.wrap_socket(plain, server_side=True)
                self._open.append(sock)
            self._temper(Visit(sock, self))
        sock.close()
        plain.close()

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_closing.set()
        # Closing alone does not wake a thread that waits in accept or recv.
        for sock in (self._server, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(5)


def answering(answer: bytes = OK) -> Temper:
    """Gives the same answer to every request on a connection that stays open."""

    def temper(visit: Visit) -> None:
        while visit.read_request():
            visit.say(answer)

    return temper


def answering_once(answer: bytes) -> Temper:
    """One answer, then the end of the connection."""

    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(answer)

    return temper
