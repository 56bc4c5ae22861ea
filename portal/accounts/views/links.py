"""Pages that a link opens, for people who are not signed in: joining an account, choosing a new password."""

from __future__ import annotations

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import network, signed_in, vault
from portal.accounts.people import invitations, resets
from portal.accounts.people.forms import ForgottenForm, JoinForm, NewPasswordForm
from portal.accounts.people.links import can_be_mailed
from portal.accounts.sessions import enter_account
from portal.accounts.signing_in import open_for
from portal.accounts.views.feature import feature
from portal.accounts.views.welcome import here, welcome
from portal.kernel.db import transaction
from portal.kernel.errors import Conflict, NotFound, Refused, TooMany
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/forgotten", needs=Permission.PUBLIC)
def forgotten() -> ResponseReturnValue:
    return _forgotten_page(ForgottenForm())


@feature.post("/forgotten", needs=Permission.PUBLIC, writes=False, endpoint="ask_for_reset")
def ask_for_reset() -> ResponseReturnValue:
    form = ForgottenForm()
    if not can_be_mailed():
        raise NotFound
    if not form.validate():
        return _forgotten_page(form, 422)
    try:
        resets.ask_for_reset(vault(), form.email.data or "", network())
    except TooMany as error:
        form.form_errors.append(error.message)
        response = _forgotten_page(form, 429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    htmx.say(_("If somebody signs in with this e-mail, a letter with a link is on its way there."))
    return htmx.go_to(url_for("accounts.sign_in"))


@feature.get("/reset/<string:token>", needs=Permission.PUBLIC)
def reset(token: str) -> ResponseReturnValue:
    _row, user = resets.find_reset(vault(), token)
    return _by_link("accounts/reset.html", form=NewPasswordForm(), token=token, email=user.email)


@feature.post("/reset/<string:token>", needs=Permission.PUBLIC, writes=False, endpoint="reset_post")
def choose_new_password(token: str) -> ResponseReturnValue:
    form = NewPasswordForm()
    with transaction(writes=False):
        _row, user = resets.find_reset(vault(), token)
    if form.validate():
        try:
            resets.reset_password(vault(), token, form.password.data or "")
        except Refused as error:
            form.refuse(error)
        else:
            htmx.say(_("The password is changed. Sign in with the new one."), "success")
            return htmx.go_to(url_for("accounts.sign_in"))
    return _by_link("accounts/reset.html", status=422, form=form, token=token, email=user.email)


@feature.get("/invite/<string:token>", needs=Permission.PUBLIC)
def invitation(token: str) -> ResponseReturnValue:
    return _invitation_page(token, JoinForm())


@feature.post("/invite/<string:token>", needs=Permission.PUBLIC, writes=False, endpoint="join")
def join(token: str) -> ResponseReturnValue:
    form = JoinForm()
    if not form.validate():
        return _invitation_page(token, form, 422)
    try:
        user_id = invitations.join_as_new(vault(), token, form.name.data or "", form.password.data or "")
    except Refused as error:
        form.refuse(error)
        return _invitation_page(token, form, 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        return _invitation_page(token, form, 409)
    return welcome(open_for(vault(), user_id, here(), by="invitation"), None)


@feature.post("/invite/<string:token>/join", needs=Permission.PUBLIC, writes=False, endpoint="join_as")
def join_with_own_sign_in(token: str) -> ResponseReturnValue:
    person = signed_in()
    if person is None or person.visitor is not None:
        raise NotFound
    account_id = invitations.join_as(vault(), token, person.user_id)
    with transaction():
        enter_account(person.session_id, person.user_id, account_id)
    return htmx.done(_("You belong to this company now."), back_to="/")


def _invitation_page(token: str, form: JoinForm, status: int = 200) -> Response:
    return _by_link(
        "accounts/invitation.html",
        status=status,
        form=form,
        token=token,
        invited=invitations.find_invited(vault(), token),
        person=signed_in(),
    )


def _forgotten_page(form: ForgottenForm, status: int = 200) -> Response:
    return htmx.render("accounts/forgotten.html", status=status, form=form, goes_by_mail=can_be_mailed())


def _by_link(template: str, **context: object) -> Response:
    """The address is a secret: what the page fetches and where it leads to hears of the host alone."""
    response = htmx.render(template, **context)  # type: ignore[arg-type]
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
