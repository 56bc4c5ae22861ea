"""Errors of the API: one JSON shape, a true status, never a page."""

from __future__ import annotations

import json

from flask import Response

from portal.kernel import errors

_STATUS: tuple[tuple[type[errors.PortalError], int], ...] = (
    (errors.Refused, 400),
    (errors.NotSignedIn, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.NotReady, 409),
    (errors.Conflict, 409),
    (errors.TooMany, 429),
)


def of(error: errors.PortalError) -> Response:
    """The answer to a refusal."""
    if isinstance(error, errors.Unavailable):
        status = 504 if error.timed_out else 502
    else:
        status = next(code for kind, code in _STATUS if isinstance(error, kind))
    response = shape(status, error.code, error.message or "There is no such call, record or SIP account.")
    if isinstance(error, errors.NotReady | errors.TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.NotSignedIn):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def shape(status: int, code: str, message: str) -> Response:
    """The one JSON shape."""
    body = json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False)
    return Response(body, status, content_type="application/json; charset=utf-8")
