"""«Личные данные»: who is signed in, the pages' looks, own e-mail, password and sessions."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.accounts import own, sessions
from portal.accounts.admins import Notice
from portal.accounts.door import person_here, vault
from portal.accounts.factors.having import has_second_factor
from portal.accounts.forms import EmailForm, OwnForm, PasswordForm
from portal.accounts.models import User
from portal.accounts.own import OwnData
from portal.accounts.views.feature import feature
from portal.kernel.db import db, transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.mail.outbox import is_mail_set
from portal.web import htmx
from portal.web.access import Permission
from portal.web.forms import BaseForm


@feature.get("/profile", needs=Permission.OWN_PAGE)
def profile() -> ResponseReturnValue:
    return _page()


@feature.post("/profile", needs=Permission.OWN_PAGE)
def save_profile() -> ResponseReturnValue:
    form = OwnForm()
    if not form.validate():
        return _page(form)
    unwanted = tuple(notice.value for notice in Notice if not form[notice.value].data)
    try:
        data = OwnData(form.name.data or "", form.locale.data, form.theme.data, unwanted)
        own.set_own_data(person_here().user_id, data)
    except Refused as error:
        form.refuse(error)
        return _page(form)
    return _done(_("Your data are saved."))


@feature.post("/profile/email", needs=Permission.OWN_PAGE, needs_fresh=True)
def change_email() -> ResponseReturnValue:
    form = EmailForm()
    if not form.validate():
        return _page(form)
    try:
        own.change_email(person_here().user_id, form.email.data or "")
    except Refused as error:
        form.refuse(error)
        return _page(form)
    return _done(_("From now on you sign in with the new e-mail."))


@feature.post("/profile/password", needs=Permission.OWN_PAGE, writes=False)
def change_password() -> ResponseReturnValue:
    form, person = PasswordForm(), person_here()
    if not form.validate():
        return _page(form)
    current, new, ends_others = form.current.data or "", form.password.data or "", bool(form.ends_others.data)
    try:
        own.change_password(vault(), person, current, new, ends_others=ends_others)
    except Refused as error:
        form.refuse(error)
        return _page(form)
    if ends_others:
        return _done(_("The password is changed; your other sessions have ended."))
    return _done(_("The password is changed."))


@feature.post("/profile/sessions/<int:session_id>/end", needs=Permission.OWN_PAGE)
def end_session(session_id: int) -> ResponseReturnValue:
    sessions.end_own_session(person_here().user_id, session_id)
    return _done(_("The session has ended."))


@feature.post("/profile/sessions/end-others", needs=Permission.OWN_PAGE)
def end_other_sessions() -> ResponseReturnValue:
    person = person_here()
    sessions.end_sessions(person.user_id, spare=person.session_id)
    return _done(_("Your other sessions have ended."))


def _done(words: str) -> ResponseReturnValue:
    return htmx.done(words, back_to=url_for("accounts.profile"))


def _page(wrong: BaseForm | None = None) -> ResponseReturnValue:
    """The whole page; one of its forms may have come back with errors."""
    person = person_here()
    with transaction(writes=False):
        user = db.session.get_one(User, person.user_id)
    unwanted = user.unwanted_mail or ()
    wanted = {notice.value: notice not in unwanted for notice in Notice}
    fresh = {"locale": user.locale or "ru", "theme": user.theme, **wanted}
    forms = {
        "own": wrong if isinstance(wrong, OwnForm) else OwnForm(formdata=None, name=user.name, **fresh),
        "email": wrong if isinstance(wrong, EmailForm) else EmailForm(formdata=None, email=user.email),
        "password": wrong if isinstance(wrong, PasswordForm) else PasswordForm(formdata=None),
    }
    return htmx.render(
        "accounts/profile.html",
        status=422 if wrong is not None else 200,
        forms=forms,
        has_errors=wrong is not None,
        person=person,
        has_second_factor=has_second_factor(person.user_id),
        hears_of_account=Permission.MANAGE_USERS in person.permissions,
        mail_is_set=is_mail_set(),
        sessions=sessions.open_sessions(person.user_id),
    )
