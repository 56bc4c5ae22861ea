"""Where captured requests come in: no page, no sign-in; the token in the address is all there is."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue

from portal.accounts.door import vault
from portal.kernel.config import Settings
from portal.kernel.errors import NotFound, TooMany
from portal.web.access import Permission
from portal.web.feature import Feature
from portal.webhooks.capture import services
from portal.webhooks.urls import CAPTURE_PATH

PREFIX = CAPTURE_PATH


class OpenDoor:
    """Lets everybody in and asks for nobody: see `web.access.Door`."""

    def enter(self, needs: Permission) -> None:
        """Whoever sends here is a program."""


inlet = Feature("inlet", __name__, url_prefix=PREFIX, door=OpenDoor(), locale="en")


@inlet.get("/<string:token>", needs=Permission.PUBLIC)
def receive(token: str) -> ResponseReturnValue:
    return _kept(token)


@inlet.post("/<string:token>", needs=Permission.PUBLIC, writes=False)
def receive_post(token: str) -> ResponseReturnValue:
    return _kept(token)


def _kept(token: str) -> ResponseReturnValue:
    settings: Settings = current_app.extensions["portal.settings"]
    if not settings.capture_pages:
        return plain(404)
    body = _body()
    if len(body) > services.BODY_BYTES:
        return plain(413)
    try:
        query = request.query_string.decode("utf-8", "replace")
        services.receive(vault(), token, request.method, query, request.headers.items(), body)
    except NotFound:
        return plain(404)
    except TooMany as error:
        response = plain(429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    return Response("captured\n", mimetype="text/plain")


def _body() -> bytes:
    """What was posted; a form has been read by then, and is written down anew."""
    return request.get_data() or urlencode(list(request.form.items(multi=True))).encode()


def plain(status: int) -> Response:
    """An error for a program."""
    return Response(f"{status}\n", status, mimetype="text/plain")
