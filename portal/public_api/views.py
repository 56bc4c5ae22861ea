"""The three calls of the telephony API. Every answer is JSON or audio, also the refusals."""

from __future__ import annotations

from flask import Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from portal.kernel.errors import Forbidden, PortalError
from portal.public_api import answers, errors
from portal.public_api.door import ApiKeyDoor
from portal.public_api.parameters import Parameters
from portal.web.access import Permission
from portal.web.feature import Feature

PREFIX = "/api.php"
door = ApiKeyDoor()
feature = Feature("public_api", __name__, url_prefix=f"{PREFIX}/telephony", door=door, locale="en")


@feature.errorhandler(PortalError)
def refuse(error: PortalError) -> Response:
    """A refusal in the API's shape."""
    return errors.of(error)


@feature.after_request
def name_verbs(response: Response) -> Response:
    """OPTIONS answers with the verbs alone, without a page's type."""
    if request.method == "OPTIONS" and response.status_code == 200:
        verbs = "GET, OPTIONS" if request.endpoint == "public_api.outcome" else "GET, HEAD, OPTIONS"
        response = Response(status=204, headers={"Allow": verbs})
        del response.headers["Content-Type"]
    return response


@feature.get("/outcome", needs=Permission.API_OUTCOME)
def outcome() -> ResponseReturnValue:
    if request.method == "HEAD":
        # Whoever only looks at an address must not make phones ring.
        raise MethodNotAllowed(valid_methods=["GET", "OPTIONS"])
    _refuse_links()
    return answers.outcome(g.account_id, Parameters(request.args), request.headers.get("Idempotency-Key"))


@feature.get("/get_calls", needs=Permission.API_CALLS)
def get_calls() -> ResponseReturnValue:
    return answers.get_calls(g.account_id, Parameters(request.args))


@feature.get("/get_record", needs=Permission.API_RECORDS)
def get_record() -> ResponseReturnValue:
    return answers.get_record(Parameters(request.args))


@feature.get("/<path:_anything>", needs=Permission.API)
def unknown(_anything: str) -> ResponseReturnValue:
    return errors.plain(404)


def _refuse_links() -> None:
    """A link or a frame of another site makes no phone ring, even if its address holds a key (Fetch Metadata, W3C)."""
    headers = request.headers
    if headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise Forbidden("A call is ordered by a program, not by a link on another site.")
