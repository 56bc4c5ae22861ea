"""The three calls of the telephony API. Every answer is JSON or audio, also the refusals."""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from portal.accounts.door import vault
from portal.calls.models import CallRecord
from portal.calls.queries import find_call
from portal.kernel.clock import now
from portal.kernel.errors import Forbidden, NotFound, NotReady, PortalError, Refused
from portal.public_api import errors, listing
from portal.public_api.cursors import Place, read_cursor, write_cursor
from portal.public_api.door import ApiKeyDoor
from portal.public_api.listing import CallQuery
from portal.public_api.parameters import Parameters
from portal.recordings import serving
from portal.recordings.queries import recording_of
from portal.telephony import services
from portal.web.access import Permission
from portal.web.addresses import public_url
from portal.web.feature import Feature

PREFIX = "/api.php"
door = ApiKeyDoor()
feature = Feature("public_api", __name__, url_prefix=f"{PREFIX}/telephony", door=door, locale="en")
_JSON = "application/json; charset=utf-8"
_FILTERS = ("api_call_id", "num_a", "num_m", "num_b", "service_name", "from", "to", "limit")
_RECORD_COMES_WITHIN = timedelta(minutes=5)
_RETRY_SECONDS = 5


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


@feature.get("/outcome", needs=Permission.API_OUTCOME, endpoint="outcome")
def originate() -> ResponseReturnValue:
    if request.method == "HEAD":
        # Whoever only looks at an address must not make phones ring.
        raise MethodNotAllowed(valid_methods=["GET", "OPTIONS"])
    _refuse_links()
    given = Parameters(request.args)
    caller, callee = (_needed(name, given.address(name)) for name in ("num_a", "num_b"))
    # The service reads numbers as people write them; a plus leaves it no doubt.
    callee = callee if callee.startswith("SIP/") else f"+{callee}"
    request_id = given.text("request_id") or request.headers.get("Idempotency-Key")
    api_call_id = services.originate(g.account_id, caller, callee, request_id=request_id)
    return Response(json.dumps({"api_call_id": api_call_id}), content_type=_JSON)


@feature.get("/get_calls", needs=Permission.API_CALLS)
def get_calls() -> ResponseReturnValue:
    query = _call_query(Parameters(request.args))
    span = listing.span(query)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    response = Response(listing.stream(app, g.account_id, query, span), content_type=_JSON)
    if span is not None and span.last is not None:
        # Only what we know of goes into the address of the next page, and never the key.
        arguments = {name: value for name in _FILTERS if (value := request.args.get(name, "").strip())}
        cursor = write_cursor(vault(), g.account_id, span.last)
        target = public_url("public_api.get_calls", **arguments, cursor=cursor)
        response.headers["Link"] = f'<{target}>; rel="next"'
    return response


@feature.get("/get_record", needs=Permission.API_RECORDS)
def get_record() -> ResponseReturnValue:
    call = find_call(_needed("api_call_id", Parameters(request.args).call_id("api_call_id")))
    recording = recording_of(call) if call else None
    if recording is None:
        if call is not None and _is_awaited(call):
            raise NotReady("The record is still being written.", _RETRY_SECONDS)
        raise NotFound
    response = serving.respond(recording)
    if response.status_code == 416:
        size = response.headers["Content-Range"]
        response = errors.plain(416)
        response.headers["Content-Range"] = size
    # Pages of CRMs play records by their address.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@feature.get("/<path:_anything>", needs=Permission.API)
def unknown(_anything: str) -> ResponseReturnValue:
    return errors.plain(404)


def _refuse_links() -> None:
    """A link or a frame of another site makes no phone ring, even if its address holds a key (Fetch Metadata, W3C)."""
    headers = request.headers
    if headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise Forbidden("A call is ordered by a program, not by a link on another site.")


def _call_query(given: Parameters) -> CallQuery:
    query = CallQuery(
        api_call_id=given.call_id("api_call_id"),
        caller=given.address("num_a"),
        did=given.address("num_m"),
        callee=given.address("num_b"),
        kind=given.kind("service_name"),
        since=given.moment("from"),
        until=given.moment("to"),
        limit=given.whole_number("limit", 1, listing.MAX_LIMIT) or listing.DEFAULT_LIMIT,
        after=_after(given.text("cursor")),
    )
    if query.since and query.until and query.since > query.until:
        raise Refused("from must not be after to.", "from")
    return query


def _after(text: str | None) -> Place | None:
    place = read_cursor(vault(), g.account_id, text) if text else None
    if text and place is None:
        raise Refused("cursor must be taken from a Link header as it is.", "cursor")
    return place


def _needed(name: str, value: str | None) -> str:
    if value is None:
        raise Refused(f"{name} is missing.", name)
    return value


def _is_awaited(call: CallRecord) -> bool:
    """Whether the switch has recorded the talk and is about to hand the record over."""
    return call.has_recording and (call.ended_at is None or now() - call.ended_at < _RECORD_COMES_WITHIN)
