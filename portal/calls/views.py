"""The call log, one call, the calls that last; placing calls and ending them."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.calls import queries, words
from portal.calls.filter_bar import filter_bar, log_url
from portal.calls.filters import read_filters
from portal.calls.forms import OriginateForm
from portal.calls.panels import log_panels, page_panels
from portal.calls.timeline import timeline_of
from portal.contacts.queries import owner_of
from portal.kernel import clock
from portal.kernel.db import transaction
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import Cursor, NewestFirst
from portal.kernel.tenancy import current_account_id
from portal.telephony import services
from portal.web import htmx
from portal.web.access import Permission
from portal.web.feature import Feature
from portal.web.filters import zone

feature = Feature("calls", __name__)
for name, filter_ in words.FILTERS.items():
    feature.add_app_template_filter(filter_, name)


@feature.app_context_processor
def switch() -> dict[str, object]:
    """Whether test calls can be placed."""
    return {"is_sandbox": current_app.extensions["portal.settings"].engine == "sandbox"}


@feature.get("/calls", needs=Permission.SEE_CALLS)
def index() -> ResponseReturnValue:
    filters, notes = read_filters(request.args, zone())
    cursor = _cursor(notes)
    calls = queries.call_page(filters, cursor)
    return htmx.render(
        "calls/index.html",
        fragment="calls/_log.html",
        bar=filter_bar(filters),
        calls=calls.rows,
        notes=notes,
        panels=log_panels(calls.rows),
        newer_url=log_url(filters, page=calls.previous) if calls.previous else None,
        older_url=log_url(filters, page=calls.next) if calls.next else None,
        newest_url=log_url(filters) if cursor else None,
    )


def _cursor(notes: list[str]) -> Cursor | None:
    text = request.args.get("page", "")
    cursor = NewestFirst.read(text) if text else None
    if text and cursor is None:
        notes.append(_("The address does not name a page of the log, so you see the newest calls."))
    return cursor


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


@feature.post("/calls/test", needs=Permission.PLACE_CALLS, writes=False)
def place_test_call() -> ResponseReturnValue:
    asked = {name: request.form.get(name, "").strip() or None for name in ("caller", "did")}
    services.place_test_call(current_account_id(), **asked)
    return _done(_("A test call is coming in."))


@feature.get("/calls/new", needs=Permission.PLACE_CALLS)
def new_call() -> ResponseReturnValue:
    form = OriginateForm(formdata=None, callee=request.args.get("to", "")[:64])
    form.offer_phones()
    return htmx.render("calls/new_call.html", form=form)


@feature.post("/calls/originate", needs=Permission.PLACE_CALLS, writes=False)
def originate() -> ResponseReturnValue:
    form = OriginateForm()
    form.offer_phones()
    if form.validate():
        try:
            services.originate(current_account_id(), form.caller.data, form.callee.data or "", request_id=form.request)
        except Refused as error:
            form.refuse(error)
        else:
            return _done(_("%(phone)s rings first, then the call goes out.", phone=form.caller.data))
    return htmx.render("calls/new_call.html", form=form, status=422)


@feature.post("/calls/<string(length=32):api_call_id>/hang-up", needs=Permission.PLACE_CALLS, writes=False)
def hang_up(api_call_id: str) -> ResponseReturnValue:
    if queries.find_call(api_call_id) is None:
        raise NotFound
    services.hang_up(current_account_id(), api_call_id)
    return _done(_("The call is being ended."))


def _done(message: str) -> ResponseReturnValue:
    """Back to the calls that last, as they are now: the switch wrote while this request waited for it."""
    with transaction(current_account_id(), writes=False):
        live_calls = queries.live_calls()
    # The page asks once more: news of the call may have come while this answer was on its way, and be older in it.
    return htmx.done(
        message,
        back_to=url_for("calls.live"),
        fragment="calls/_live_calls.html",
        announces="calls-changed",
        live_calls=live_calls,
    )
