"""Further keys: made and shown once, changed, replaced, revoked."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.api_keys import named
from portal.accounts.api_keys.named import find_named_key
from portal.accounts.door import vault
from portal.accounts.models import ApiKey
from portal.integration.feature import feature
from portal.integration.key_forms import KeyForm, ReplaceForm
from portal.kernel.db import hold
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/keys/new", needs=Permission.MANAGE_INTEGRATION)
def new_named_key() -> ResponseReturnValue:
    return _page(KeyForm(formdata=None))


@feature.post("/keys/new", needs=Permission.MANAGE_INTEGRATION, needs_fresh=True)
def add_named_key() -> ResponseReturnValue:
    form = KeyForm()
    if not form.validate():
        return _page(form, status=422)
    try:
        plain = named.add_api_key(vault(), form.terms())
    except Refused as error:
        _refuse(form, error)
        return _page(form, status=422)
    return _made(plain, form.terms().name)


@feature.get("/keys/<int:named_key_id>", needs=Permission.MANAGE_INTEGRATION)
def named_key(named_key_id: int) -> ResponseReturnValue:
    found = find_named_key(named_key_id)
    return _page(KeyForm.of(found), found)


@feature.post("/keys/<int:named_key_id>", needs=Permission.MANAGE_INTEGRATION)
def change_named_key(named_key_id: int) -> ResponseReturnValue:
    found, form = find_named_key(named_key_id), KeyForm()
    if not form.validate():
        return _page(form, found, status=422)
    if form.is_overtaken(KeyForm.of(hold(found))):
        return _page(form, found, status=409)
    try:
        saved = named.change_api_key(named_key_id, form.terms())
    except Refused as error:
        _refuse(form, error)
        return _page(form, found, status=422)
    return htmx.done(_("%(name)s was saved.", name=saved.name), back_to=_back())


@feature.post("/keys/<int:named_key_id>/replace", needs=Permission.MANAGE_INTEGRATION, needs_fresh=True)
def replace_named_key(named_key_id: int) -> ResponseReturnValue:
    found, form = find_named_key(named_key_id), ReplaceForm()
    if not form.validate():
        return _page(KeyForm.of(found), found, form, status=422)
    plain = named.replace_api_key(vault(), named_key_id, timedelta(seconds=form.overlap.data))
    return _made(plain, found.name or "")


@feature.post("/keys/<int:named_key_id>/revoke", needs=Permission.MANAGE_INTEGRATION)
def revoke_named_key(named_key_id: int) -> ResponseReturnValue:
    name = named.revoke_api_key(named_key_id)
    return htmx.done(_("The key %(name)s was revoked.", name=name), back_to=_back())


def _refuse(form: KeyForm, error: Refused) -> None:
    # The first of the boxes stands for all of them.
    form.refuse(Refused(error.message, "scopes_calls") if error.field == "scopes" else error)


def _page(
    form: KeyForm, key: ApiKey | None = None, replace: ReplaceForm | None = None, *, status: int = 200
) -> Response:
    return htmx.render(
        "integration/named_key.html",
        status=status,
        form=form,
        found=key,
        replace=replace or ReplaceForm(formdata=None),
        own_address=request.remote_addr,
    )


def _made(plain: str, name: str) -> Response:
    """The only page that ever shows this key."""
    return htmx.render("integration/key_made.html", plain=plain, name=name, back_url=_back())


def _back() -> str:
    return url_for("integration.index", _anchor="more-keys")
