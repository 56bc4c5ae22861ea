"""Proving oneself anew, before what a stolen session must not open."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.accounts import sessions
from portal.accounts.door import network, person_here, vault
from portal.accounts.factors import challenges, passkeys, proving
from portal.accounts.factors.totp import has_app
from portal.accounts.forms import ConfirmForm
from portal.accounts.person import SignedIn
from portal.accounts.views.feature import feature
from portal.accounts.views.site import as_json, site
from portal.accounts.views.welcome import carry, home
from portal.kernel.db import transaction
from portal.kernel.errors import Refused, TooMany
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.security import is_own_path


@feature.get("/confirm", needs=Permission.OWN_DOOR)
def confirm() -> ResponseReturnValue:
    return _page(ConfirmForm(next=request.args.get("next", "")))


@feature.post("/confirm", needs=Permission.OWN_DOOR, writes=False, endpoint="confirm_post")
def check_again() -> ResponseReturnValue:
    form, person = ConfirmForm(), person_here()
    try:
        _prove(form, person)
    except Refused as error:
        form.refuse(error)
        return _page(form, 422)
    except TooMany as error:
        form.form_errors.append(error.message)
        response = _page(form, 429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    with transaction():
        token = sessions.renew_token(vault(), person.session_id)
    carry(token)
    target = form.next.data or ""
    return htmx.go_to(target if is_own_path(target) else home())


@feature.post("/confirm/passkey", needs=Permission.OWN_DOOR, writes=False)
def confirm_options() -> ResponseReturnValue:
    own = passkeys.passkeys_of(person_here().user_id)
    return as_json(passkeys.options_to_use(site(), challenges.new_challenge("confirm"), own))


def _prove(form: ConfirmForm, person: SignedIn) -> None:
    """By whichever of the three was given. Raises `Refused`, `TooMany`."""
    if form.credential.data:
        with transaction():
            challenge = challenges.spend_challenge(vault(), "confirm")
        with transaction():
            used = passkeys.use_passkey(site(), form.credential.data, challenge)
            if used.user_id != person.user_id:
                raise Refused(_("This is somebody else's passkey."))
    elif form.code.data:
        proving.prove_by_code(vault(), person.user_id, form.code.data, network())
    elif form.password.data:
        proving.prove_by_password(vault(), person.user_id, person.email, form.password.data)
    else:
        raise Refused(_("Enter your password or a code."))


def _page(form: ConfirmForm, status: int = 200) -> Response:
    user_id = person_here().user_id
    return htmx.render(
        "accounts/confirm.html",
        status=status,
        form=form,
        has_app=has_app(user_id),
        has_passkeys=bool(passkeys.passkeys_of(user_id)),
    )
