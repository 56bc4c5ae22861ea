"""One call, and the calls that last."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.calls import queries
from portal.calls.feature import feature
from portal.calls.page import page_of, the_call
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/calls/<string(length=32):api_call_id>", needs=Permission.SEE_CALLS)
def call(api_call_id: str) -> ResponseReturnValue:
    return htmx.render("calls/call.html", fragment="calls/_call.html", **page_of(the_call(api_call_id)))


@feature.get("/calls/live", needs=Permission.SEE_CALLS)
def live() -> ResponseReturnValue:
    return htmx.render("calls/live.html", fragment="calls/_live_calls.html", live_calls=queries.live_calls())
