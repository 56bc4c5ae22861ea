"""Trying a call for real: by the person's own session and rights, through the very code that answers programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Response, request
from werkzeug.http import HTTP_STATUS_CODES

from portal.kernel.errors import PortalError
from portal.kernel.i18n import speaking
from portal.public_api import errors
from portal.public_api.description.document import Operation
from portal.public_api.parameters import Parameters

_SHOWN_BYTES = 20_000
_SHOWN_HEADERS = ("Content-Type", "Content-Length", "Accept-Ranges", "ETag", "Link", "Retry-After", "Allow")


@dataclass(frozen=True, slots=True)
class Trial:
    """A form as it was filled in, what was asked, and what came back. `asks` is what has to be confirmed first."""

    values: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    status: str = ""
    is_success: bool = False
    answer: str = ""
    is_cut: bool = False
    asks: tuple[str, str] | None = None


def typed(operation: Operation) -> dict[str, str]:
    """What was typed into the form of a call, without what is empty."""
    names = [item.name for item in operation.items if item.place == "query"]
    return {name: value for name in names if (value := request.form.get(name, "").strip())}


def tried(operation: Operation, url: str, answer: Callable[[Parameters], Response]) -> Trial:
    """Asks `answer` for what was typed. It speaks English, as to programs."""
    values = typed(operation)
    with speaking("en"):
        try:
            response = answer(Parameters(request.form))
        except PortalError as error:
            response = errors.of(error)
    body, is_cut = _beginning(response)
    status = f"{response.status_code} {HTTP_STATUS_CODES.get(response.status_code, '')}"
    heads = [f"{name}: {response.headers[name]}" for name in _SHOWN_HEADERS if name in response.headers]
    asked = f"GET {url}?{urlencode(values, safe='/')}" if values else f"GET {url}"
    shown = "\n".join([f"HTTP/1.1 {status}", *heads, "", body])
    return Trial(values, asked, status, response.status_code < 400, shown, is_cut)


def _beginning(response: Response) -> tuple[str, bool]:
    """As much of a body as a page shows, and whether there is more; of a record nothing, since it is no text."""
    if response.mimetype != "application/json":
        response.close()
        return "", False
    pieces, size = [], 0
    for piece in response.iter_encoded():
        pieces.append(piece)
        size += len(piece)
        if size > _SHOWN_BYTES:
            break
    response.close()
    whole = b"".join(pieces)
    text = whole[:_SHOWN_BYTES].decode(errors="ignore")
    return text, size > _SHOWN_BYTES
