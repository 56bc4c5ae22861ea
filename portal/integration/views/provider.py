"""The provider: its address and key, a check of the connection, the URL for its notices."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, current_app, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import vault
from portal.integration.feature import feature
from portal.integration.provider import PAGE, ProviderForm, provider_page
from portal.integration.provider_check import Step, check_in_steps
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_account_id
from portal.telephony.engines.provider.client import Client
from portal.telephony.provider.services import provider_link, rotate_inlet, save_link, typed_access
from portal.web import htmx
from portal.web.access import Permission
from portal.webhooks.urls import check_url

FRAGMENT = "integration/_provider.html"


@feature.get("/provider", needs=Permission.SEE_INTEGRATION)
def provider() -> ResponseReturnValue:
    return htmx.render(PAGE, fragment=FRAGMENT, **provider_page())


@feature.get("/provider/state", needs=Permission.SEE_INTEGRATION)
def provider_state() -> ResponseReturnValue:
    if not htmx.wants_fragment() or provider_link() is None:
        return htmx.go_to(url_for("integration.provider"))
    return htmx.render(PAGE, fragment="integration/_provider_state.html", **provider_page())


@feature.post("/provider", needs=Permission.MANAGE_INTEGRATION, writes=False)
def save_provider() -> ResponseReturnValue:
    """Unchecked: for a provider that does not answer today."""
    form = ProviderForm()
    if not form.validate():
        return _refused(form)
    try:
        check_url(current_app.extensions["portal.http"], form.url.data or "")
        with transaction(current_account_id()):
            is_saved = _save(form)
    except Refused as error:
        form.refuse(error)
        return _refused(form)
    return _saved() if is_saved else _refused(form, 409)


@feature.post("/provider/check", needs=Permission.MANAGE_INTEGRATION, writes=False)
def check_provider() -> ResponseReturnValue:
    """What was found good is saved at once: the key is typed once, and never sent back to be typed again."""
    form = ProviderForm()
    if not form.validate():
        return _refused(form)
    try:
        steps = _tried(form)
        if not steps[-1].is_good:
            form.refuse(Refused(steps[-1].text))
            return _refused(form, steps=steps)
        with transaction(current_account_id()):
            is_saved = _save(form)
    except Refused as error:
        form.refuse(error)
        return _refused(form)
    return _saved(steps) if is_saved else _refused(form, 409)


@feature.post("/provider/inlet", needs=Permission.MANAGE_INTEGRATION)
def rotate_provider_inlet() -> ResponseReturnValue:
    rotate_inlet(vault())
    back = url_for("integration.provider")
    context = provider_page() if htmx.wants_fragment() else {}
    message = _("The earlier URL answers no more: give the provider the new one.")
    return htmx.done(message, back_to=back, fragment=FRAGMENT, **context)


def _tried(form: ProviderForm) -> list[Step]:
    """No transaction is open while the provider thinks. Raises `Refused`."""
    with transaction(current_account_id(), writes=False):
        access = typed_access(vault(), form.typed())
    door = current_app.extensions["portal.http"]
    check_url(door, form.url.data or "")
    return check_in_steps(Client(door, access))


def _save(form: ProviderForm) -> bool:
    """False where somebody else has saved meanwhile. Raises `Refused`."""
    provider_link(locks=True)
    if form.is_overtaken(ProviderForm.saved()):
        return False
    save_link(vault(), form.typed())
    return True


def _saved(steps: Sequence[Step] = ()) -> Response:
    # A transaction of its own: the request's may have begun before this was saved.
    with transaction(current_account_id(), writes=False):
        context = provider_page(steps=steps) if htmx.wants_fragment() else {}
    message = _("Checked and saved: %(found)s", found=steps[-1].text) if steps else _("Saved.")
    return htmx.done(message, back_to=url_for("integration.provider"), fragment=FRAGMENT, **context)


def _refused(form: ProviderForm, status: int = 422, steps: Sequence[Step] = ()) -> Response:
    return htmx.render(PAGE, fragment=FRAGMENT, status=status, **provider_page(form, steps=steps))
