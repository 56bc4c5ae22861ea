"""«Пользователи»: who may enter the account, and as what."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here, vault
from portal.accounts.models import Account, User
from portal.accounts.people import changes, invitations, links, listing
from portal.accounts.people.forms import InviteForm, RoleForm
from portal.accounts.people.letters import mail_invitation, mail_reset
from portal.accounts.people.resets import note_reset_link
from portal.accounts.people.rights import rights
from portal.accounts.roles import Role
from portal.accounts.views.feature import feature
from portal.kernel.db import db
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/users", needs=Permission.MANAGE_USERS)
def people() -> ResponseReturnValue:
    return _list(InviteForm(role=Role.MANAGER.value))


@feature.post("/users", needs=Permission.MANAGE_USERS, needs_fresh=True)
def invite() -> ResponseReturnValue:
    form = InviteForm()
    if not form.validate():
        return _list(form, 422)
    try:
        row, token = invitations.invite(vault(), form.email.data or "", Role(form.role.data))
    except Refused as error:
        form.refuse(error)
        return _list(form, 422)
    if mail_invitation(row, _account().name, token):
        return htmx.done(_("The invitation is on its way to %(email)s.", email=row.email), back_to=_back())
    link = links.shown_link("accounts.invitation", token=token)
    return htmx.render("accounts/link_made.html", link=link, email=row.email, is_invitation=True)


@feature.post("/users/invitations/<int:invitation_id>/revoke", needs=Permission.MANAGE_USERS)
def revoke_invitation(invitation_id: int) -> ResponseReturnValue:
    email = invitations.revoke_invitation(invitation_id)
    return htmx.done(_("The invitation of %(email)s works no more.", email=email), back_to=_back())


@feature.get("/users/<int:user_id>", needs=Permission.MANAGE_USERS)
def person(user_id: int) -> ResponseReturnValue:
    found = listing.find_person(user_id)
    return _one(found, RoleForm(role=found.role.value, was=found.role.value))


@feature.post("/users/<int:user_id>/role", needs=Permission.MANAGE_USERS, needs_fresh=True)
def change_role(user_id: int) -> ResponseReturnValue:
    found = listing.find_person(user_id)
    form = RoleForm()
    if not form.validate() or form.was.data not in set(Role):
        return _one(found, form, 422)
    try:
        changes.change_role(user_id, Role(form.role.data), was=Role(form.was.data))
    except Refused as error:
        form.refuse(error)
        return _one(found, form, 422)
    except Conflict as error:
        fresh = RoleForm(formdata=None, role=form.role.data, was=found.role.value)
        fresh.form_errors.append(error.message)
        return _one(found, fresh, 409)
    return htmx.done(_("%(name)s has another role now.", name=found.name), back_to=_back())


@feature.post("/users/<int:user_id>/disable", needs=Permission.MANAGE_USERS)
def shut_out(user_id: int) -> ResponseReturnValue:
    found = listing.find_person(user_id)
    try:
        changes.shut_out(user_id)
    except Refused as error:
        form = RoleForm(formdata=None, role=found.role.value, was=found.role.value)
        form.form_errors.append(error.message)
        return _one(found, form, 422)
    undo = url_for("accounts.let_in_again", user_id=user_id)
    return htmx.done(_("%(name)s may not come in any more.", name=found.name), back_to=_back(), undo=undo)


@feature.post("/users/<int:user_id>/enable", needs=Permission.MANAGE_USERS)
def let_in_again(user_id: int) -> ResponseReturnValue:
    found = changes.let_in_again(user_id)
    return htmx.done(_("%(name)s may come in again.", name=found.name), back_to=_back())


@feature.post("/users/<int:user_id>/reset", needs=Permission.MANAGE_USERS, needs_fresh=True)
def reset_person(user_id: int) -> ResponseReturnValue:
    found = listing.find_person(user_id)
    if not _may_reset(found):
        raise NotFound
    user = db.session.get_one(User, user_id)
    token = note_reset_link(vault(), user)
    if mail_reset(user, token):
        return htmx.done(_("The link is on its way to %(email)s.", email=user.email), back_to=_back())
    link = links.shown_link("accounts.reset", token=token)
    return htmx.render("accounts/link_made.html", link=link, email=user.email, is_invitation=False)


@feature.post("/users/second-factor", needs=Permission.MANAGE_USERS, needs_fresh=True, endpoint="ask_second_factor")
def ask_of_everybody() -> ResponseReturnValue:
    is_asked = request.form.get("is_asked") == "yes"
    changes.ask_second_factor(is_asked=is_asked)
    if is_asked:
        return htmx.done(_("A second factor is asked of everybody now."), back_to=_back())
    return htmx.done(_("The second factor is left to each person."), back_to=_back())


def _may_reset(found: listing.PersonRow) -> bool:
    """Who sees the link can become the person: never so for somebody who is also at home elsewhere."""
    return not found.is_disabled and (links.can_be_mailed() or listing.is_of_this_account_alone(found.user_id))


def _list(form: InviteForm, status: int = 200) -> ResponseReturnValue:
    return htmx.render(
        "accounts/people.html",
        status=status,
        form=form,
        people=listing.people(),
        invitations=listing.open_invitations(),
        rights=rights(),
        roles=list(Role),
        own_id=person_here().user_id,
        asks_second_factor=_account().asks_second_factor,
        goes_by_mail=links.can_be_mailed(),
    )


def _one(found: listing.PersonRow, form: RoleForm, status: int = 200) -> ResponseReturnValue:
    return htmx.render(
        "accounts/person.html",
        status=status,
        found=found,
        form=form,
        may_reset=_may_reset(found),
        goes_by_mail=links.can_be_mailed(),
        is_own=found.user_id == person_here().user_id,
    )


def _account() -> Account:
    account = person_here().account
    if account is None:
        raise NotFound
    return account


def _back() -> str:
    return url_for("accounts.people")
