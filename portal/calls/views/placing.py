"""Placing calls and ending them."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.calls import queries
from portal.calls.feature import feature
from portal.calls.forms import OriginateForm
from portal.calls.own_phone import own_phone, remember_phone
from portal.calls.page import page_of, the_call
from portal.kernel.db import db, transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_account_id
from portal.telephony import services
from portal.web import htmx
from portal.web.access import Permission
from portal.web.security import is_own_path


@feature.post("/calls/test", needs=Permission.PLACE_CALLS, writes=False)
def place_test_call() -> ResponseReturnValue:
    asked = {name: request.form.get(name, "").strip() or None for name in ("caller", "did")}
    services.place_test_call(current_account_id(), **asked)
    return _done(_("A test call is coming in."))


@feature.get("/calls/new", needs=Permission.PLACE_CALLS)
def new_call() -> ResponseReturnValue:
    to, back = request.args.get("to", "")[:64], request.args.get("back")
    form = OriginateForm(formdata=None, caller=own_phone(person_here().user_id), callee=to, back=back)
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
            with transaction(current_account_id()):
                remember_phone(person_here().user_id, form.caller.data)
            message = _("%(phone)s rings first, then the call goes out.", phone=form.caller.data)
            back = form.back.data or ""
            return htmx.done(message, back_to=back) if is_own_path(back) else _done(message)
    return htmx.render("calls/new_call.html", form=form, status=422)


@feature.post("/calls/<string(length=32):api_call_id>/hang-up", needs=Permission.PLACE_CALLS, writes=False)
def hang_up(api_call_id: str) -> ResponseReturnValue:
    services.hang_up(current_account_id(), api_call_id, the_call(api_call_id).switch)
    message = _("The call is being ended.")
    page = url_for(".call", api_call_id=api_call_id)
    return _on_its_page(message, page, api_call_id) if request.form.get("back") == page else _done(message)


def _on_its_page(message: str, page: str, api_call_id: str) -> ResponseReturnValue:
    """Where a call was ended on its own page, that stays: as it is now, after the switch wrote."""
    db.session.rollback()
    context = page_of(the_call(api_call_id))
    return htmx.done(message, back_to=page, fragment="calls/_call.html", announces="calls-changed", **context)


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
