"""Each request gets an id: it stands in the log lines, in the answer's headers and on error pages."""

from __future__ import annotations

import gzip
import re

import structlog
from flask import Flask, Response, current_app, g, request

from portal.kernel import clock
from portal.kernel.logs import hide
from portal.kernel.secrets import random_word
from portal.web.meters import RequestMeter

log = structlog.get_logger("portal.request")

_ID = re.compile(r"[0-9A-Za-z._-]{8,64}")
_QUIET = {"static", "health.healthz"}
_WORTH_COMPRESSING = 1024


def init_app(app: Flask) -> None:
    """Hangs id, log line and compression on the app."""
    app.before_request(_begin)
    app.after_request(_compress)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _ID.fullmatch(given) else random_word(12)
    g.began = clock.monotonic()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    milliseconds = (clock.monotonic() - g.began) * 1000
    response.headers["Server-Timing"] = f"app;dur={milliseconds:.1f}"
    meter: RequestMeter = current_app.extensions["portal.meter"]
    meter.count(request.blueprint or request.endpoint or "none", milliseconds / 1000, response.status_code)
    if request.endpoint not in _QUIET:
        log.info(
            "answered",
            method=request.method,
            path=hide(request.full_path.rstrip("?")),
            status=response.status_code,
            ms=round(milliseconds, 1),
            address=request.remote_addr,
        )
    return response


def _compress(response: Response) -> Response:
    """HTML only; static files are compressed once at start. A page's token cannot be drawn out by another site
    (BREACH): its requests come without the session's cookie, which is SameSite.
    """
    if (
        response.mimetype == "text/html"
        and not response.is_streamed
        and not response.content_encoding
        and request.accept_encodings.quality("gzip") > 0
        and response.content_length is not None
        and response.content_length >= _WORTH_COMPRESSING
    ):
        response.set_data(gzip.compress(response.get_data(), 5, mtime=0))
        response.content_encoding = "gzip"
        response.vary.add("Accept-Encoding")
    return response
