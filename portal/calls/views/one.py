"""One call, and the calls that last."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.calls import queries
from portal.calls.feature import feature
from portal.calls.panels import page_panels
from portal.calls.timeline import timeline_of
from portal.contacts.queries import owner_of
from portal.kernel import clock
from portal.kernel.errors import NotFound
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/calls/<string(length=32):api_call_id>", needs=Permission.SEE_CALLS)
def call(api_call_id: str) -> ResponseReturnValue:
    found = queries.find_call(api_call_id)
    if found is None:
        raise NotFound
    return htmx.render(
        "calls/call.html",
        fragment="calls/_call.html",
        call=found,
        timeline=timeline_of(found, clock.now()),
        panels=page_panels(found),
        owner=owner_of(found.other) if found.other else None,
    )


@feature.get("/calls/live", needs=Permission.SEE_CALLS)
def live() -> ResponseReturnValue:
    return htmx.render("calls/live.html", fragment="calls/_live_calls.html", live_calls=queries.live_calls())
