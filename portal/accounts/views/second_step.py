"""The second factor after the password, and signing in with a passkey alone."""

from __future__ import annotations

from flask import Response, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import sessions
from portal.accounts.door import network, vault
from portal.accounts.factors import challenges, passkeys, proving
from portal.accounts.factors.totp import has_app
from portal.accounts.forms import CodeForm
from portal.accounts.models import UserSession
from portal.accounts.signing_in import finish_sign_in, open_for
from portal.accounts.views.feature import feature
from portal.accounts.views.site import as_json, site
from portal.accounts.views.welcome import here, welcome
from portal.kernel.db import transaction
from portal.kernel.errors import NotSignedIn, Refused, TooMany
from portal.web import htmx
from portal.web.access import Permission

PENDING = "pending"
"""In the cookie: the token of a session that waits for the second factor, and where the person wanted to go."""


@feature.get("/login/code", needs=Permission.PUBLIC)
def second_step() -> ResponseReturnValue:
    return _page(CodeForm(), _pending())


@feature.post("/login/code", needs=Permission.PUBLIC, writes=False, endpoint="second_step_post")
def check_code() -> ResponseReturnValue:
    form = CodeForm()
    pending = _pending()
    if not form.validate():
        return _page(form, pending, 422)
    try:
        kind = proving.prove_by_code(vault(), pending.user_id, form.code.data or "", network())
    except Refused as error:
        form.refuse(error)
        return _page(form, pending, 422)
    except TooMany as error:
        form.form_errors.append(error.message)
        response = _page(form, pending, 429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    token, target = session[PENDING]
    return welcome(finish_sign_in(vault(), token, here(), by=f"password, {kind}"), target)


@feature.post("/login/passkey/options", needs=Permission.PUBLIC, writes=False)
def passkey_options() -> ResponseReturnValue:
    return as_json(passkeys.options_to_use(site(), challenges.new_challenge("sign in")))


@feature.post("/login/passkey", needs=Permission.PUBLIC, writes=False)
def sign_in_with_passkey() -> ResponseReturnValue:
    target = request.form.get("next", "")
    try:
        with transaction():
            challenge = challenges.spend_challenge(vault(), "sign in")
        with transaction():
            user_id = passkeys.use_passkey(site(), request.form.get("credential", ""), challenge).user_id
        token = open_for(vault(), user_id, here(), by="passkey")
    except Refused as error:
        htmx.say(error.message, "error")
        return htmx.go_to(url_for("accounts.sign_in", next=target or None))
    return welcome(token, target)


def _pending() -> UserSession:
    """The half session of this browser. Raises `NotSignedIn`: it begins again with the password."""
    token = session.get(PENDING, [""])[0]
    with transaction(writes=False):
        row = sessions.find_pending(vault(), token) if token else None
    if row is None:
        raise NotSignedIn
    return row


def _page(form: CodeForm, pending: UserSession, status: int = 200) -> Response:
    with transaction(writes=False):
        has_passkeys = bool(passkeys.passkeys_of(pending.user_id))
        app = has_app(pending.user_id)
    return htmx.render(
        "accounts/second_step.html",
        status=status,
        form=form,
        has_app=app,
        has_passkeys=has_passkeys,
        target=session[PENDING][1],
    )
