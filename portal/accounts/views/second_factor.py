"""«Вход с подтверждением»: the own app, backup codes and passkeys."""

from __future__ import annotations

import segno
from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.accounts.door import person_here, vault
from portal.accounts.factors import backup_codes, changes, passkeys, totp
from portal.accounts.factors.having import must_have_second_factor
from portal.accounts.forms import CodeForm
from portal.accounts.views.feature import feature
from portal.accounts.views.site import can_have_passkeys
from portal.kernel.db import transaction
from portal.kernel.errors import Conflict
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/profile/second-factor", needs=Permission.OWN_DOOR)
def second_factor() -> ResponseReturnValue:
    person = person_here()
    left = backup_codes.backup_codes_left(person.user_id)
    return htmx.render(
        "accounts/second_factor.html",
        has_app=totp.has_app(person.user_id),
        codes_words=ngettext("%(num)s backup code is left.", "%(num)s backup codes are left.", left),
        passkeys=passkeys.passkeys_of(person.user_id),
        can_have_passkeys=can_have_passkeys(),
        must_have=must_have_second_factor(person),
        port=request.host.rpartition(":")[2],
    )


@feature.post("/profile/second-factor/app", needs=Permission.OWN_DOOR, needs_fresh=True)
def begin_app() -> ResponseReturnValue:
    totp.begin_setup(vault(), person_here().user_id)
    return htmx.go_to(url_for("accounts.app"))


@feature.get("/profile/second-factor/app", needs=Permission.OWN_DOOR, needs_fresh=True)
def app() -> ResponseReturnValue:
    return _app_page(CodeForm())


@feature.post("/profile/second-factor/app/confirm", needs=Permission.OWN_DOOR, needs_fresh=True, writes=False)
def confirm_app() -> ResponseReturnValue:
    form = CodeForm()
    if form.validate():
        codes = changes.confirm_app(vault(), person_here(), form.code.data or "")
        if codes is not None:
            return _codes_page(codes)
        form.code.errors = [*form.code.errors, _("This is not the code that the app shows now.")]
    return _app_page(form, 422)


@feature.post("/profile/second-factor/app/remove", needs=Permission.OWN_DOOR, needs_fresh=True)
def remove_app() -> ResponseReturnValue:
    changes.remove_app(person_here())
    return htmx.done(_("The app counts no more."), back_to=_back())


@feature.post("/profile/second-factor/codes", needs=Permission.OWN_DOOR, needs_fresh=True, writes=False)
def renew_codes() -> ResponseReturnValue:
    with transaction(writes=False):
        if not totp.has_app(person_here().user_id):
            raise Conflict(_("Backup codes stand in for an app: set one up first."))
    return _codes_page(changes.renew_codes(person_here()))


def _app_page(form: CodeForm, status: int = 200) -> Response:
    person = person_here()
    with transaction(writes=False):
        secret = totp.secret_in_setup(vault(), person.user_id)
    picture = segno.make(totp.address_for_app(secret, person.email), error="m", boost_error=False)
    return htmx.render(
        "accounts/app.html",
        status=status,
        form=form,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        # Drawn by our own hand, of figures alone.
        picture=Markup(picture.svg_inline(scale=5, light="#fff", svgclass="qr", lineclass=None)),  # noqa: S704
    )


def _codes_page(codes: list[str]) -> Response:
    return htmx.render("accounts/backup_codes.html", codes=codes)


def _back() -> str:
    return url_for("accounts.second_factor")
