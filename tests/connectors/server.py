"""What the CRMs of the tests stand on: a real HTTP server that answers by a function and can be made to misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    at: float


@dataclass(frozen=True, slots=True)
class Said:
    """One answer; a `body` of bytes goes as it is, None goes as none."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Crm:
    """A CRM on a port of its own. `faults` are given instead of the next answers; `delay` makes it think so long."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: deque[Said] = deque()
        self.delay = 0.0
        self.lock = threading.RLock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="crm")
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, asked: Asked) -> Said:
        """By the CRM that inherits this."""
        raise NotImplementedError

    def paths(self, *, but: str = "/nothing") -> list[str]:
        """What was asked for, in its order."""
        return [each.path for each in self.asked if not each.path.startswith(but)]

    def take(self, asked: Asked) -> Said:
        """The server's own way in."""
        with self.lock:
            self.asked.append(asked)
            fault = self.faults.popleft() if self.faults else None
        if self.delay:
            threading.Event().wait(self.delay)
        if fault is not None:
            return fault
        with self.lock:
            return self.answer(asked)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Limit:
    """So many requests within a second, as the CRM counts them; more are refused."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._came: deque[float] = deque()

    def is_over(self, at: float) -> bool:
        while self._came and self._came[0] <= at - 1:
            self._came.popleft()
        if len(self._came) >= self._most:
            return True
        self._came.append(at)
        return False


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: Any) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def _receive(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = json.loads(raw) if raw else None
        said = self.server.crm.take(Asked(self.command, parts.path, query, headers, body, time.monotonic()))
        octets = said.body if isinstance(said.body, bytes) else b""
        if said.body is not None and not isinstance(said.body, bytes):
            octets = json.dumps(said.body, ensure_ascii=False).encode()
        self.close_connection = True
        self.send_response(said.status)
        if said.status != 204:
            self.send_header("Content-Length", str(len(octets)))
        for name, value in {"Connection": "close", **said.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(octets)

    do_GET = do_POST = do_PATCH = _receive  # noqa: N815 -- the names that http.server looks for

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal: what came is in `asked`."""
