"""What the three calls answer: to programs by `views`, to a person who tries them by the description's page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, Response, current_app

from portal.accounts.door import vault
from portal.calls.models import CallRecord
from portal.calls.queries import find_call
from portal.kernel import phone
from portal.kernel.clock import now
from portal.kernel.errors import NotFound, NotReady, Refused
from portal.public_api import errors, listing
from portal.public_api.cursors import Place, read_cursor, write_cursor
from portal.public_api.listing import CallQuery
from portal.public_api.parameters import Parameters
from portal.recordings import serving
from portal.recordings.queries import recording_of
from portal.telephony import services
from portal.web.addresses import public_url

_JSON = "application/json; charset=utf-8"
_FILTERS = ("api_call_id", "num_a", "num_m", "num_b", "service_name", "from", "to", "limit")
_RECORD_COMES_WITHIN = timedelta(minutes=5)
_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Order:
    """A call to place: who calls whom, and the name of the request where it has one."""

    caller: str
    callee: str
    request_id: str | None


def read_order(given: Parameters, idempotency_key: str | None) -> Order:
    """What `outcome` is asked for. Raises `Refused`."""
    caller, callee = (_needed(name, given.address(name)) for name in ("num_a", "num_b"))
    return Order(caller, callee, given.text("request_id") or idempotency_key)


def outcome(account_id: int, given: Parameters, idempotency_key: str | None) -> Response:
    """Places the call; opens transactions of its own. Raises what `telephony.services.originate` raises."""
    order = read_order(given, idempotency_key)
    # The service reads numbers as people write them; a plus leaves it no doubt.
    callee = phone.with_plus(order.callee)
    api_call_id = services.originate(account_id, order.caller, callee, request_id=order.request_id)
    return Response(json.dumps({"api_call_id": api_call_id}), content_type=_JSON)


def get_calls(account_id: int, given: Parameters) -> Response:
    """The calls of the entered account that meet the conditions, streamed. Raises `Refused`."""
    query = _call_query(account_id, given)
    span = listing.span(query)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    response = Response(listing.stream(app, account_id, query, span), content_type=_JSON)
    if span is not None and span.last is not None:
        # Only what we know of goes into the address of the next page, and never the key.
        arguments = {name: value for name in _FILTERS if (value := given.text(name))}
        cursor = write_cursor(vault(), account_id, span.last)
        target = public_url("public_api.get_calls", **arguments, cursor=cursor)
        response.headers["Link"] = f'<{target}>; rel="next"'
    return response


def get_record(given: Parameters) -> Response:
    """The audio of a call of the entered account, for the present request. Raises `Refused`, `NotFound`, `NotReady`."""
    call = find_call(_needed("api_call_id", given.call_id("api_call_id")))
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


def _call_query(account_id: int, given: Parameters) -> CallQuery:
    query = CallQuery(
        api_call_id=given.call_id("api_call_id"),
        caller=given.address("num_a"),
        did=given.address("num_m"),
        callee=given.address("num_b"),
        kind=given.kind("service_name"),
        since=given.moment("from"),
        until=given.moment("to"),
        limit=given.whole_number("limit", 1, listing.MAX_LIMIT) or listing.DEFAULT_LIMIT,
        after=_after(account_id, given.text("cursor")),
    )
    if query.since and query.until and query.since > query.until:
        raise Refused("from must not be after to.", "from")
    return query


def _after(account_id: int, text: str | None) -> Place | None:
    place = read_cursor(vault(), account_id, text) if text else None
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
