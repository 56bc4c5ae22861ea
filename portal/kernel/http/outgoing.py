"""A request made ready to be written."""

from __future__ import annotations

import re

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from portal.kernel.http.connections import CheckedConnection
from portal.kernel.http.errors import BadRequest
from portal.kernel.http.journey import Journey
from portal.kernel.http.message import Request
from portal.kernel.http.target import CheckedUrl

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")

# These say where a message ends, for whom it is and who may read on: written by the door, by nobody else.
_OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class Outgoing(PreparedRequest):
    """A prepared request that knows its checked URL and its deadline.

    It is not prepared by requests' own `prepare`, which rewrites a query (`%7e` to `~`, `[1]` to `%5B1%5D`) and repeats
    a header's value in its errors.
    """

    def __init__(self, request: Request, target: CheckedUrl, journey: Journey, user_agent: str) -> None:
        """Raises BadRequest, which names the header and not its value."""
        super().__init__()
        if not _TOKEN.fullmatch(request.method):
            raise BadRequest("the method is not a word of HTTP")
        self.target = target
        self.journey = journey
        self.can_repeat = request.can_repeat
        self.connection: CheckedConnection | None = None
        self.plain_headers = _headers(request, target, user_agent)
        self.payload = request.body
        self.prepare_method(request.method)
        self.url = target.url
        self.headers = CaseInsensitiveDict(self.plain_headers)
        self.body = self.payload


def _headers(request: Request, target: CheckedUrl, user_agent: str) -> dict[str, str]:
    own = {"Host": target.host_header, "User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(own)
    for name, value in request.headers.items():
        _check_header(name, value)
        headers[name] = value
    if request.body is not None:
        headers["Content-Length"] = str(len(request.body))
    return dict(headers)


def _check_header(name: str, value: str) -> None:
    if not _TOKEN.fullmatch(name):
        raise BadRequest("a header's name is not a word of HTTP")
    if name.lower() in _OWN_HEADERS:
        raise BadRequest(f"the header {name} cannot be chosen")
    if not _VALUE.fullmatch(value):
        raise BadRequest(f"the value of {name} holds characters that a header cannot")
