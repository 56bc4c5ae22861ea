"""gunicorn's own words, mended: no key in a line of its log, no HTML for a request that never reaches the portal."""

from __future__ import annotations

import json
import socket
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
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

_REASONS = {
    400: "Bad Request",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
}
_FAULT = "Something went wrong on our side."
_UNREADABLE = "This request cannot be read."


class RedactedLogger(Logger):  # type: ignore[misc]
    """Hands every line to the portal's chain (`kernel.logs`): gunicorn names the whole address of a request that
    failed, and the key may stand in it.
    """

    def setup(self, cfg: Config) -> None:
        """See gunicorn."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Worker(ThreadWorker):  # type: ignore[misc]
    """Answers what cannot be read, and what broke before its answer began, in the API's shape."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """See gunicorn, whose own answer is a page that repeats what was sent."""
        status = _status(exc)
        if status == 500:
            self.log.error("Error handling request %s", getattr(req, "uri", ""), exc_info=exc)
        else:
            self.log.warning("Invalid request from %s: %s", addr[0] if addr else "", type(exc).__name__)
        message = _FAULT if status == 500 else _UNREADABLE
        code = "server_error" if status == 500 else "bad_request"
        body = json.dumps({"error": {"code": code, "message": message}})
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nConnection: close\r\n"
            f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            write_nonblock(client, f"{head}{body}".encode())
        except OSError:
            self.log.debug("Failed to send error message.")


def _status(error: BaseException) -> int:
    if isinstance(error, LimitRequestLine):
        return 414
    if isinstance(error, LimitRequestHeaders):
        return 431
    is_ours = isinstance(error, InvalidResponseHeader | InvalidResponseHeaderName)
    return 400 if isinstance(error, ParseException) and not is_ours else 500
