"""Errors of the API: one JSON shape, a true status, never a page."""

from __future__ import annotations

import json

from flask import Response

from portal.kernel import errors
from portal.public_api.wire import PARAMETERS

_STATUS: tuple[tuple[type[errors.PortalError], int], ...] = (
    (errors.Refused, 400),
    (errors.NotSignedIn, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.NotReady, 409),
    (errors.Conflict, 409),
    (errors.TooMany, 429),
)
_PLAIN: dict[int, tuple[str, str]] = {
    400: ("bad_request", "This request cannot be read."),
    403: ("forbidden", "This request is refused."),
    404: ("not_found", "There is no such method: outcome, get_calls and get_record are there."),
    405: ("method_not_allowed", "Only GET is answered here, and HEAD where nothing is done."),
    409: ("conflict", "Something else has just changed the same thing. Ask again."),
    413: ("too_large", "This request is too large."),
    414: ("address_too_long", "This request cannot be read."),
    416: ("range_not_satisfiable", "The record has no bytes in this range."),
    503: ("unavailable", "The database does not answer. Nothing was done; ask again in a minute."),
}
_FAULT = ("server_error", "Something went wrong on our side. Tell support the X-Request-Id of this answer.")


def codes() -> set[str]:
    """Every code that an answer may carry, but for those of errors that rooms below derive from these."""
    named = {kind.code for kind, _status in _STATUS} | {code for code, _message in _PLAIN.values()}
    return named | {errors.Unavailable.code, _FAULT[0]}


def statuses(code: str) -> set[int]:
    """With which statuses a code comes."""
    found = {status for kind, status in _STATUS if kind.code == code}
    found |= {status for status, (name, _message) in _PLAIN.items() if name == code}
    found |= {502, 504} if code == errors.Unavailable.code else set()
    return found | ({500} if code == _FAULT[0] else set())


def of(error: errors.PortalError) -> Response:
    """The answer to a refusal."""
    if isinstance(error, errors.Unavailable):
        status = 504 if error.timed_out else 502
    else:
        status = next(code for kind, code in _STATUS if isinstance(error, kind))
    response = _shape(status, error.code, _message(error))
    if isinstance(error, errors.NotReady | errors.TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.NotSignedIn):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def plain(status: int) -> Response:
    """The answer to what never reached a method: an unknown address, a wrong verb, a fault of ours."""
    return _shape(status, *_PLAIN.get(status, _FAULT))


def _message(error: errors.PortalError) -> str:
    message = error.message or "There is no such call, record or SIP account."
    field = error.field if isinstance(error, errors.Refused) else None
    name = PARAMETERS.get(field, field) if field else None
    return message if name is None or name in message else f"{name}: {message}"


def _shape(status: int, code: str, message: str) -> Response:
    body = json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False)
    return Response(body, status, content_type="application/json; charset=utf-8")
