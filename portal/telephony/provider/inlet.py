"""Where a provider's notices come in: no page, no sign-in; the token in the address is all there is."""

from __future__ import annotations

import structlog
from flask import Response, current_app, request
from flask.typing import ResponseReturnValue

from portal.kernel.errors import NotFound, TooMany
from portal.telephony.engines.provider.wire import BadTelling
from portal.telephony.provider import inbox
from portal.web.access import Permission
from portal.web.feature import Feature

PREFIX = "/provider-notices"
log = structlog.get_logger(__name__)


class NoticeDoor:
    """Lets everybody in and asks for nobody: see `web.access.Door`."""

    def enter(self, needs: Permission) -> None:
        """Whoever sends here is a program."""


inlet = Feature("provider_inlet", __name__, url_prefix=PREFIX, door=NoticeDoor(), locale="en")


@inlet.get("/<string:token>", needs=Permission.PUBLIC)
def receive(token: str) -> ResponseReturnValue:
    """A notice is a GET, as the contract has it; it is kept before it is answered."""
    if current_app.extensions["portal.settings"].engine != "provider":
        return plain(404)
    if request.method == "HEAD":
        return plain(200)
    try:
        inbox.receive(current_app.extensions["portal.vault"], token, request.args)
    except NotFound:
        return plain(404)
    except BadTelling as error:
        log.warning("notice_refused", reason=str(error))
        return Response(f"{error}\n", 400, mimetype="text/plain")
    except TooMany as error:
        response = plain(429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    return plain(200)


def plain(status: int) -> Response:
    """A word for a program."""
    return Response(f"{status}\n", status, mimetype="text/plain")
