"""Plugin: a receiver of webhooks, a real HTTP server on 127.0.0.1 that keeps what came and answers as it is told."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import pytest

PATIENCE = 120
"""Seconds: a second of a processor, of which a busy machine may give a hundredth."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    """Path and query, byte for byte."""
    headers: Message
    """Looked up without regard to case; `get_all` for a header that came twice."""
    body: bytes
    at: float
    """Seconds on the monotonic clock."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        """The raw query, without the question mark."""
        return urlsplit(self.target).query

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query's parameters, decoded, in the order in which they came."""
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver says to one request."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    """How long it thinks before the first byte."""
    when: threading.Event | None = None
    """What it waits for before the first byte: something that must happen while the request is in the air."""
    drip_seconds: float = 0
    """How long it waits after each byte of the body: for deadlines that count the whole answer."""
    hang_up: bool = False
    """Close the connection without a word."""


class Receiver:
    """Answers each request with the next of the answers told; the last one stays in force.

    Use it as a context manager, or call `stop`. `wait_for` is how a test waits: it returns as soon as enough came.
    `port` is for one that comes back where another has been.
    """

    def __init__(self, port: int = 0) -> None:
        self._answers: deque[Answer] = deque([Answer()])
        self._requests: list[Received] = []
        self._arrived = threading.Condition()
        self._stopping = threading.Event()
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="receiver")
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address, with no slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Received]:
        """What has come so far, oldest first."""
        with self._arrived:
            return self._requests.copy()

    def answer(self, *answers: Answer) -> None:
        """Answer the coming requests with these, in turn."""
        with self._arrived:
            self._answers = deque(answers)

    def wait_for(self, count: int, timeout: float = PATIENCE) -> list[Received]:
        """All requests, as soon as there are `count`; AssertionError if they do not come within `timeout` seconds."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self._requests) >= count, timeout)
            assert came, f"{len(self._requests)} of {count} requests came to {self.url} in {timeout} s"
            return self._requests.copy()

    def forget(self) -> None:
        """Begin a new list."""
        with self._arrived:
            self._requests.clear()

    def stop(self) -> None:
        """Break off every answer under way and close the port: from here on connections are refused."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def take(self, request: Received) -> Answer:
        """Keep a request and say how to answer it; the server's own way in."""
        with self._arrived:
            answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
            self._requests.append(request)
            self._arrived.notify_all()
            return answer

    def is_told(self, when: threading.Event | None) -> bool:
        """Wait until it is told to answer, unless the receiver stops; whether it goes on."""
        while when is not None and not when.wait(0.02):
            if self._stopping.is_set():
                return False
        return True

    def pause(self, seconds: float) -> bool:
        """Wait, unless the receiver stops; whether it goes on."""
        return not self._stopping.wait(seconds) if seconds else True


class _Server(ThreadingHTTPServer):
    # Stopping waits for the answers under way, so that no socket outlives its test.
    daemon_threads = False
    # Of its five at a time it would let the sixth wait for a second, until the network asks again.
    request_queue_size = 128

    def __init__(self, receiver: Receiver, port: int) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, *_: Any) -> None:
        """A sender that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def _receive(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.receiver.take(
            Received(self.command, self.path, self.headers, body, at=time.monotonic()),
        )
        self.close_connection = True
        receiver = self.server.receiver
        if receiver.is_told(answer.when) and receiver.pause(answer.delay_seconds) and not answer.hang_up:
            self._say(answer)

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {"Connection": "close", "Content-Length": str(len(answer.body))} | answer.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        step = 1 if answer.drip_seconds else max(len(answer.body), 1)
        for start in range(0, len(answer.body), step):
            self.wfile.write(answer.body[start : start + step])
            if not self.server.receiver.pause(answer.drip_seconds):
                return

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _receive  # noqa: N815 -- the names that http.server looks for

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal: what came is in `requests`."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that listens for the time of one test."""
    with Receiver() as running:
        yield running
