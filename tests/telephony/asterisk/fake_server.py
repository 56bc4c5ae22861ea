"""HTTP and a WebSocket on one port of loopback, as Asterisk has them: what the fake says, on the wire."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

Answer: TypeAlias = tuple[int, Any]
"""The status, and JSON or bytes."""

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
USER, PASSWORD = "portal", "a-password"


class Listener:
    """One WebSocket's other end."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def tell(self, event: dict[str, Any]) -> None:
        self._frame(1, json.dumps(event).encode())

    def read_until_closed(self) -> None:
        """Answers pings; what a client says otherwise means nothing to Asterisk."""
        with self._connection.makefile("rb") as wire:
            while len(head := wire.read(2)) == 2:
                length = head[1] & 0x7F
                if length == 126:
                    length = struct.unpack(">H", wire.read(2))[0]
                mask, body = wire.read(4), wire.read(length)
                code = head[0] & 0x0F
                if code == 8:
                    self._frame(8, b"")
                    return
                if code == 9:
                    self._frame(10, bytes(each ^ mask[at % 4] for at, each in enumerate(body)))

    def cut(self) -> None:
        self._connection.shutdown(socket.SHUT_RDWR)

    def _frame(self, code: int, body: bytes) -> None:
        head = (
            struct.pack(">BB", 0x80 | code, len(body))
            if len(body) < 126
            else struct.pack(">BBH", 0x80 | code, 126, len(body))
        )
        try:
            with self._lock:
                self._connection.sendall(head + body)
        except OSError:
            return


class FakeServer(ThreadingHTTPServer):
    """`ask(method, path, arguments)` answers REST; `listen` is told each new WebSocket and its end."""

    daemon_threads = True

    def __init__(
        self, ask: Callable[[str, str, dict[str, Any]], Answer], listen: Callable[[Listener, bool], None]
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ask, self.listen = ask, listen
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes is no error."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeServer

    def do_GET(self) -> None:
        if "Sec-WebSocket-Key" in self.headers:
            self._listen()
        else:
            self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        target = urlsplit(self.path)
        arguments: dict[str, Any] = dict(parse_qsl(target.query))
        if length := int(self.headers.get("Content-Length", 0)):
            arguments.update(json.loads(self.rfile.read(length)))
        status, body = (401, {"error": "Unauthorized"})
        if self._is_allowed():
            status, body = self.server.ask(method, target.path.removeprefix("/ari/"), arguments)
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "audio/wav" if isinstance(body, bytes) else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _listen(self) -> None:
        if not self._is_allowed():
            self.send_error(401)
            return
        accept = base64.b64encode(hashlib.sha1((self.headers["Sec-WebSocket-Key"] + _GUID).encode()).digest())  # noqa: S324
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept.decode())
        self.end_headers()
        listener = Listener(self.connection)
        self.server.listen(listener, True)
        try:
            listener.read_until_closed()
        except OSError:
            pass
        finally:
            self.server.listen(listener, False)
            self.close_connection = True

    def _is_allowed(self) -> bool:
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def parts(path: str) -> tuple[str, ...]:
    """The parts of a path, as they were before they were quoted."""
    return tuple(unquote(each) for each in path.split("/"))
