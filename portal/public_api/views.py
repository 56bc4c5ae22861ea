"""The three calls of the telephony API. Every answer is JSON or audio, also the refusals."""

from __future__ import annotations

import json

from flask import Response, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.calls.queries import find_call
from portal.kernel.errors import NotFound, PortalError, Refused
from portal.kernel.paging import Cursor
from portal.public_api import errors, listing, wire
from portal.public_api.door import ApiKeyDoor
from portal.public_api.listing import CallQuery
from portal.recordings import serving
from portal.recordings.queries import recording_of
from portal.telephony import services
from portal.web.access import Permission
from portal.web.feature import Feature

PREFIX = "/api.php"
feature = Feature("public_api", __name__, url_prefix=f"{PREFIX}/telephony", door=ApiKeyDoor())
_MAX_REQUEST_ID = 100


@feature.errorhandler(PortalError)
def refuse(error: PortalError) -> Response:
    """A refusal in the API's shape."""
    return errors.of(error)


@feature.get("/outcome", needs=Permission.API, endpoint="outcome")
def originate() -> ResponseReturnValue:
    request_id = request.args.get("request_id") or request.headers.get("Idempotency-Key")
    if request_id is not None and len(request_id) > _MAX_REQUEST_ID:
        raise Refused(f"request_id must have at most {_MAX_REQUEST_ID} characters.", "request_id")
    caller = wire.address("num_a", _required("num_a"))
    if not caller.startswith("SIP/"):
        raise Refused("num_a must be an SIP account like SIP/00000000672.", "num_a")
    callee = wire.address("num_b", _required("num_b"))
    api_call_id = services.originate(g.account_id, caller, callee, request_id=request_id)
    return _json({"api_call_id": api_call_id})


@feature.get("/get_calls", needs=Permission.API)
def get_calls() -> ResponseReturnValue:
    query = _call_query()
    response = Response(listing.stream(g.account_id, query), content_type="application/json; charset=utf-8")
    following = listing.next_cursor(query)
    if following is not None:
        arguments = {k: v for k, v in request.args.items() if k not in ("abonent_api_key", "cursor")}
        target = url_for("public_api.get_calls", **arguments, cursor=following, _external=True)
        response.headers["Link"] = f'<{target}>; rel="next"'
    return response


@feature.get("/get_record", needs=Permission.API)
def get_record() -> ResponseReturnValue:
    call = find_call(wire.call_id(_required("api_call_id")))
    recording = recording_of(call) if call else None
    if recording is None:
        raise NotFound
    return serving.respond(recording)


@feature.get("/<path:_anything>", needs=Permission.API)
def unknown(_anything: str) -> ResponseReturnValue:
    raise NotFound("There is no such method: outcome, get_calls and get_record are there.")


def _call_query() -> CallQuery:
    given = {name: value for name, value in request.args.items() if value.strip()}
    addresses = {name: wire.address(name, given[name]) for name in ("num_a", "num_m", "num_b") if name in given}
    query = CallQuery(
        api_call_id=wire.call_id(given["api_call_id"]) if "api_call_id" in given else None,
        caller=addresses.get("num_a"),
        did=addresses.get("num_m"),
        callee=addresses.get("num_b"),
        kind=_kind(given.get("service_name")),
        since=wire.moment("from", given["from"]) if "from" in given else None,
        until=wire.moment("to", given["to"]) if "to" in given else None,
        limit=wire.whole_number("limit", given.get("limit", str(listing.DEFAULT_LIMIT)), 1, listing.MAX_LIMIT),
        after=_cursor(given.get("cursor")),
    )
    if query.since and query.until and query.since > query.until:
        raise Refused("from must not be after to.", "from")
    return query


def _kind(service_name: str | None) -> str | None:
    if service_name is None:
        return None
    for kind, name in wire.SERVICE_NAMES.items():
        if name == service_name:
            return kind
    raise Refused(f"service_name must be one of: {', '.join(wire.SERVICE_NAMES.values())}.", "service_name")


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    cursor = Cursor.decode(text, parts=2)
    if cursor is None:
        raise Refused("cursor must be taken from a Link header as it is.", "cursor")
    return cursor


def _required(name: str) -> str:
    value = request.args.get(name, "").strip()
    if not value:
        raise Refused(f"{name} is missing.", name)
    return value


def _json(body: dict[str, str]) -> Response:
    return Response(json.dumps(body), content_type="application/json; charset=utf-8")
