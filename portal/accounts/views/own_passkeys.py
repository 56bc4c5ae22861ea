"""The own passkeys: made, named, removed."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here, vault
from portal.accounts.factors import challenges, changes, passkeys
from portal.accounts.models import User
from portal.accounts.views.feature import feature
from portal.accounts.views.site import as_json, site
from portal.kernel.db import db, transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@feature.post("/profile/passkeys/options", needs=Permission.OWN_DOOR, needs_fresh=True)
def options_for_passkey() -> ResponseReturnValue:
    user = db.session.get_one(User, person_here().user_id)
    return as_json(passkeys.options_to_make(vault(), site(), user, challenges.new_challenge("make")))


@feature.post("/profile/passkeys", needs=Permission.OWN_DOOR, needs_fresh=True, writes=False)
def add_passkey() -> ResponseReturnValue:
    name = request.form.get("name", "").strip() or _("Passkey")
    try:
        with transaction():
            challenge = challenges.spend_challenge(vault(), "make")
        made = changes.add_passkey(site(), person_here(), request.form.get("credential", ""), challenge, name)
    except Refused as error:
        htmx.say(error.message, "error")
        return htmx.go_to(_back())
    return htmx.done(_("The passkey %(name)s is made.", name=made), back_to=_back())


@feature.post("/profile/passkeys/<int:passkey_id>/rename", needs=Permission.OWN_DOOR)
def rename_passkey(passkey_id: int) -> ResponseReturnValue:
    try:
        key = passkeys.rename_passkey(person_here().user_id, passkey_id, request.form.get("name", ""))
    except Refused as error:
        htmx.say(error.message, "error")
        return htmx.go_to(_back())
    return htmx.done(_("The passkey is called %(name)s now.", name=key.name), back_to=_back())


@feature.post("/profile/passkeys/<int:passkey_id>/remove", needs=Permission.OWN_DOOR, needs_fresh=True)
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    name = changes.remove_passkey(person_here(), passkey_id)
    return htmx.done(_("The passkey %(name)s is removed.", name=name), back_to=_back())


def _back() -> str:
    return url_for("accounts.second_factor", _anchor="passkeys")
