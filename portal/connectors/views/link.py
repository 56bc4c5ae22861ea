"""The link: connected, let in, checked, switched, disconnected."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Response, current_app, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import vault
from portal.connectors.feature import feature
from portal.connectors.forms import AmoForm, BitrixForm, SwitchesForm, saved_switches
from portal.connectors.links import Reached, connect, crm_link, disconnect, switch
from portal.connectors.making import connector_of
from portal.connectors.page import PAGE, crm_page, state_part
from portal.connectors.state import note_good, note_trouble
from portal.connectors.typing_in import amocrm_typed, bitrix24_typed, kept_application, let_in
from portal.connectors.words import trouble_word
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from portal.kernel.http import ServiceTrouble
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import random_token
from portal.kernel.tenancy import current_account_id
from portal.web import htmx
from portal.web.access import Permission

FRAGMENT = "connectors/_crm.html"
_STATE = "crm_authorisation"


@feature.get("", needs=Permission.SEE_INTEGRATION)
def index() -> ResponseReturnValue:
    return htmx.render(PAGE, fragment=FRAGMENT, **crm_page())


@feature.get("/state", needs=Permission.SEE_INTEGRATION)
def state() -> ResponseReturnValue:
    link = crm_link()
    if not htmx.wants_fragment() or link is None:
        return htmx.go_to(url_for("connectors.index"))
    return htmx.render(PAGE, fragment="connectors/_state.html", **state_part(link))


@feature.post("/amocrm", needs=Permission.MANAGE_INTEGRATION, writes=False)
def connect_amocrm() -> ResponseReturnValue:
    form = AmoForm()
    try:
        reached = amocrm_typed(form.typed())
        _keep(let_in(_app(), reached, code=(form.code.data or "").strip()))
    except (Refused, ServiceTrouble) as error:
        return _refused(form, None, error)
    return htmx.done(_("amoCRM is connected."), back_to=url_for("connectors.index"))


@feature.post("/bitrix24", needs=Permission.MANAGE_INTEGRATION, writes=False)
def connect_bitrix24() -> ResponseReturnValue:
    form = BitrixForm()
    try:
        reached = let_in(_app(), bitrix24_typed(form.typed()))
        _keep(reached)
    except (Refused, ServiceTrouble) as error:
        return _refused(None, form, error)
    message = _("Bitrix24 is connected.") if reached.known_as else _("Saved. Now let the application in at Bitrix24.")
    return htmx.done(message, back_to=url_for("connectors.index"))


@feature.get("/authorise", needs=Permission.MANAGE_INTEGRATION)
def authorise() -> ResponseReturnValue:
    """Leaves for Bitrix24, which asks the person and comes back to `authorised`."""
    reached = kept_application(vault())
    if reached is None:
        return htmx.go_to(url_for("connectors.index"))
    session[_STATE] = random_token()
    query = urlencode({"client_id": reached.secrets.client_id, "response_type": "code", "state": session[_STATE]})
    return htmx.go_to(f"{reached.url}/oauth/authorize/?{query}")


@feature.get("/authorised", needs=Permission.MANAGE_INTEGRATION)
def authorised() -> ResponseReturnValue:
    """Where Bitrix24 sends the browser back with a code, which is good for half a minute."""
    expected, code = session.pop(_STATE, ""), request.args.get("code", "")
    reached = kept_application(vault())
    if reached is None or not code or not expected or request.args.get("state") != expected:
        htmx.say(_("Bitrix24 has not let the application in. Begin again from this page."), "error")
        return htmx.go_to(url_for("connectors.index"))
    try:
        _keep(let_in(_app(), reached, code=code[:500]))
    except (Refused, ServiceTrouble) as error:
        htmx.say(_words(error).message, "error")
        return htmx.go_to(url_for("connectors.index"))
    return htmx.done(_("Bitrix24 is connected."), back_to=url_for("connectors.index"))


@feature.post("/check", needs=Permission.MANAGE_INTEGRATION, writes=False)
def check() -> ResponseReturnValue:
    """No transaction of ours is open for writing while the CRM thinks."""
    link = crm_link()
    if link is None:
        return htmx.go_to(url_for("connectors.index"))
    found = ""
    try:
        found = _("It answers, and knows us as %(name)s.", name=connector_of(_app(), link).check() or link.url)
        with transaction(current_account_id()):
            note_good()
    except ServiceTrouble as failure:
        with transaction(current_account_id()):
            note_trouble(failure)
    with transaction(current_account_id(), writes=False):
        page = crm_page(found=found)
    return htmx.render(PAGE, fragment=FRAGMENT, **page)


@feature.post("/switches", needs=Permission.MANAGE_INTEGRATION)
def set_switches() -> ResponseReturnValue:
    form = SwitchesForm()
    if form.is_overtaken(saved_switches(crm_link(locks=True))):
        return htmx.render(PAGE, fragment=FRAGMENT, status=409, **crm_page(switches=form))
    switch(
        writes_calls=form.writes_calls.data,
        shows_cards=form.shows_cards.data,
        creates_contacts=form.creates_contacts.data,
    )
    context = crm_page() if htmx.wants_fragment() else {}
    return htmx.done(_("Saved."), back_to=url_for("connectors.index"), fragment=FRAGMENT, **context)


@feature.post("/disconnect", needs=Permission.MANAGE_INTEGRATION)
def disconnect_crm() -> ResponseReturnValue:
    title = disconnect()
    return htmx.done(_("%(name)s is disconnected.", name=title), back_to=url_for("connectors.index"))


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001


def _keep(reached: Reached) -> None:
    with transaction(current_account_id()):
        connect(vault(), reached)


def _words(error: Refused | ServiceTrouble) -> Refused:
    if isinstance(error, Refused):
        return Refused(error.message, "address" if error.field == "url" else error.field)
    return Refused(f"{trouble_word(error.trouble)} ({error.detail})" if error.detail else trouble_word(error.trouble))


def _refused(amo: AmoForm | None, bitrix: BitrixForm | None, error: Refused | ServiceTrouble) -> Response:
    form = amo or bitrix
    if form is not None:
        form.refuse(_words(error))
    return htmx.render(PAGE, fragment=FRAGMENT, status=422, **crm_page(amo, bitrix))
