"""«Личные данные»: who is signed in, the company, own password and sessions."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.accounts import own, sessions
from portal.accounts.door import person_here, vault
from portal.accounts.forms import PasswordForm
from portal.accounts.views.feature import feature
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/profile", needs=Permission.SIGNED_IN)
def profile() -> ResponseReturnValue:
    return _page(PasswordForm())


@feature.post("/profile/password", needs=Permission.SIGNED_IN, writes=False)
def change_password() -> ResponseReturnValue:
    form = PasswordForm()
    person = person_here()
    if form.validate():
        try:
            own.change_password(vault(), person, form.current.data or "", form.password.data or "")
        except Refused as error:
            form.refuse(error)
        else:
            words = _("The password is changed; your other sessions have ended.")
            return htmx.done(words, back_to=url_for("accounts.profile"))
    return _page(form, status=422)


@feature.post("/profile/sessions/<int:session_id>/end", needs=Permission.SIGNED_IN)
def end_session(session_id: int) -> ResponseReturnValue:
    sessions.end_own_session(person_here().user_id, session_id)
    return htmx.done(_("The session has ended."), back_to=url_for("accounts.profile"))


def _page(form: PasswordForm, status: int = 200) -> ResponseReturnValue:
    person = person_here()
    return htmx.render(
        "accounts/profile.html",
        status=status,
        form=form,
        person=person,
        sessions=sessions.open_sessions(person.user_id),
    )
