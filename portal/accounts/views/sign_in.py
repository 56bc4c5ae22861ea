"""Signing in and out, language and theme, the live stream."""

from __future__ import annotations

from flask import Response, current_app, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from portal.accounts import own, sessions
from portal.accounts.door import signed_in, vault
from portal.accounts.forms import SignInForm
from portal.accounts.signing_in import sign_in as sign_in_with
from portal.accounts.views.feature import feature
from portal.accounts.views.second_step import PENDING
from portal.accounts.views.site import can_have_passkeys
from portal.accounts.views.welcome import here, home, welcome
from portal.accounts.visits.services import end_visit
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused, TooMany
from portal.kernel.i18n import LOCALES
from portal.kernel.i18n import gettext as _
from portal.web import htmx, live
from portal.web.access import Permission
from portal.web.forms import row_id
from portal.web.security import is_own_path

THEMES = ("auto", "light", "dark")
_YEAR = 31_536_000


@feature.get("/login", needs=Permission.PUBLIC)
def sign_in() -> ResponseReturnValue:
    if signed_in() is not None:
        return htmx.go_to(home())
    form = SignInForm(next=request.args.get("next", ""))
    return _sign_in_page(form)


@feature.post("/login", needs=Permission.PUBLIC, writes=False, endpoint="sign_in_post")
def check_sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return _sign_in_page(form, 422)
    try:
        step = sign_in_with(vault(), form.email.data or "", form.password.data or "", here())
    except Refused as error:
        form.refuse(error)
        return _sign_in_page(form, 422)
    except TooMany as error:
        form.form_errors.append(error.message)
        response = _sign_in_page(form, 429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    if step.is_pending:
        session.clear()
        session[PENDING] = [step.token, form.next.data or ""]
        return htmx.go_to(url_for("accounts.second_step"))
    return welcome(step.token, form.next.data)


def _sign_in_page(form: SignInForm, status: int = 200) -> Response:
    return htmx.render("accounts/sign_in.html", form=form, status=status, can_have_passkeys=can_have_passkeys())


@feature.post("/logout", needs=Permission.WAY_OUT)
def sign_out() -> ResponseReturnValue:
    person = signed_in()
    if person is not None:
        if person.visitor is not None:
            end_visit(person.session_id)
        sessions.sign_out(person.session_id)
    logout_user()
    session.clear()
    htmx.say(_("You have signed out."))
    response = htmx.go_to(url_for("accounts.sign_in"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@feature.post("/preferences", needs=Permission.PUBLIC)
def set_preferences() -> ResponseReturnValue:
    form = {name: request.form[name] for name in ("locale", "theme") if name in request.form}
    if form.get("locale", LOCALES[0]) not in LOCALES or form.get("theme", THEMES[0]) not in THEMES:
        raise Refused(_("There is no such language or theme."))
    person = signed_in()
    if person is not None:
        # A visitor sees the pages in the operator's own language and theme.
        own.set_preferences((person.visitor or person).user_id, **form)
    response = htmx.go_to(_came_from())
    for name, chosen in form.items():
        response.set_cookie(f"__Host-{name}", chosen, max_age=_YEAR, secure=True, httponly=True, samesite="Lax")
    return response


@feature.post("/account", needs=Permission.OWN_PAGE)
def choose_account() -> ResponseReturnValue:
    person = signed_in()
    account_id = row_id(request.form.get("account"))
    if person is None or account_id is None:
        raise NotFound
    sessions.enter_account(person.session_id, person.user_id, account_id)
    return htmx.go_to("/")


@feature.get("/live", needs=Permission.SIGNED_IN, endpoint="live")
def live_stream() -> ResponseReturnValue:
    person = signed_in()
    if person is None or person.account is None:
        return Response(status=204)
    db.session.remove()
    return live.answer(current_app.extensions["portal.live"], person.account.id, person.user_id)


def _came_from() -> str:
    target = request.form.get("next", "")
    return target if is_own_path(target) else "/"
