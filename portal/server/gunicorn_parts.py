"""gunicorn, mended: no key in a line of its log, no HTML for a request that never reaches the portal, and no thread for
a client who is slow to say what it wants.
"""

from __future__ import annotations

import errno
import json
import os
import selectors
import socket
from functools import partial
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.http.unreader import SocketUnreader
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from portal.kernel.clock import monotonic
from portal.web.security import HEADERS

_REASONS = {
    400: "Bad Request",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
}
_CODES = {400: "bad_request", 414: "address_too_long", 431: "too_large", 500: "server_error"}
_FAULT = "Something went wrong on our side."
_UNREADABLE = "This request cannot be read."
_REQUEST_SECONDS = 10.0
"""How long the head of a request may take to come, and then its body."""
_PIECE_SECONDS = 60.0
"""How long a client may take to receive one piece of an answer."""
_LONG_HEAD = 32 * 1024
"""More than this is read by a thread, which knows the limits of a head."""


class RedactedLogger(Logger):  # type: ignore[misc]
    """Hands every line to the portal's chain (`kernel.logs`): gunicorn names the whole address of a request that
    failed, and the key may stand in it.
    """

    def setup(self, cfg: Config) -> None:
        """See gunicorn."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class _Unreader(SocketUnreader):  # type: ignore[misc]
    """Bytes of one connection; a thread waits for those of one request no longer than until `deadline`."""

    deadline = 0.0

    def chunk(self, size_hint: int | None = None) -> bytes:
        try:
            self.sock.settimeout(max(0.001, self.deadline - monotonic()))
            received: bytes = super().chunk(size_hint)
        except TimeoutError:
            raise _gone("it sent nothing more") from None
        finally:
            self.sock.settimeout(_PIECE_SECONDS)
        return received

    def take(self) -> bool:
        """Reads what has come, without waiting. Whether a thread has work: a whole head, a long one, or an end."""
        try:
            came = self.sock.recv(_LONG_HEAD)
        except BlockingIOError:
            came = None
        except OSError:
            return True
        self.buf.seek(0, os.SEEK_END)
        self.buf.write(came or b"")
        head = self.buf.getvalue()
        return came == b"" or b"\r\n\r\n" in head or len(head) > _LONG_HEAD


class Worker(ThreadWorker):  # type: ignore[misc]
    """Gives a thread to a request when its head is there, so that clients who send it slowly, or never, hold none.

    Answers what cannot be read, and what broke before its answer began, in the API's shape.
    """

    def enqueue_req(self, conn: Any) -> None:
        """See gunicorn, which calls it for each connection from which a request is to be read."""
        if not conn.initialized:
            conn.init()
            conn.parser.unreader = _Unreader(conn.sock)
        conn.sock.setblocking(False)
        if conn.parser.unreader.take():
            self._hand_over(conn)
            return
        conn.timeout = monotonic() + _REQUEST_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._more_came, conn))

    def _more_came(self, conn: Any, client: socket.socket) -> None:
        if conn.parser.unreader.take():
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self._hand_over(conn)

    def _hand_over(self, conn: Any) -> None:
        conn.parser.unreader.deadline = monotonic() + _REQUEST_SECONDS
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """See gunicorn, which waits for ever for a client that does not take its answer."""
        conn.sock.settimeout(_PIECE_SECONDS)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            raise _gone("it did not take its answer") from None

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """See gunicorn, whose own answer is a page that repeats what was sent."""
        status = _status(exc)
        if status == 500:
            self.log.error("Error handling request %s", getattr(req, "uri", ""), exc_info=exc)
        else:
            self.log.warning("Invalid request from %s: %s", addr[0] if addr else "", type(exc).__name__)
        message = _FAULT if status == 500 else _UNREADABLE
        body = json.dumps({"error": {"code": _CODES[status], "message": message}})
        named = HEADERS | {
            "Connection": "close",
            "Cache-Control": "no-store",
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(body)),
        }
        fields = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\n{fields}\r\n"
        try:
            write_nonblock(client, f"{head}{body}".encode())
        except OSError:
            self.log.debug("Failed to send error message.")


def _gone(why: str) -> ConnectionResetError:
    """A client who keeps a thread waiting is treated as one who has left: without a line in the log."""
    return ConnectionResetError(errno.ECONNRESET, why)


def _status(error: BaseException) -> int:
    if isinstance(error, LimitRequestLine):
        return 414
    if isinstance(error, LimitRequestHeaders):
        return 431
    is_ours = isinstance(error, InvalidResponseHeader | InvalidResponseHeaderName)
    return 400 if isinstance(error, ParseException) and not is_ours else 500
