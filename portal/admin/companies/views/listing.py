"""The operator's first page: the accounts of the installation, and opening one."""

from __future__ import annotations

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import services
from portal.accounts.door import vault
from portal.accounts.people import invitations, links
from portal.accounts.people.letters import mail_invitation
from portal.accounts.roles import Role
from portal.admin.companies import queries
from portal.admin.companies.forms import AccountForm
from portal.admin.feature import feature
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import NewestFirst
from portal.web import htmx
from portal.web.access import Permission

STATES = {"works": False, "blocked": True}


@feature.get("", needs=Permission.OPERATE)
def accounts() -> ResponseReturnValue:
    state, text = request.args.get("state", ""), request.args.get("q", "").strip()[:100]
    choice = queries.AccountChoice(text, STATES.get(state))
    page = queries.account_page(choice, NewestFirst.read(request.args.get("page", "")))
    chosen = {name: value for name, value in (("state", state if state in STATES else ""), ("q", text)) if value}
    return htmx.render("admin/accounts.html", page=page, chosen=chosen)


@feature.get("/accounts/new", needs=Permission.OPERATE)
def new_company() -> ResponseReturnValue:
    return _form(AccountForm(time_zone="Europe/Moscow", currency="RUB"))


@feature.post("/accounts/new", needs=Permission.OPERATE, needs_fresh=True, writes=False)
def open_company() -> ResponseReturnValue:
    form = AccountForm()
    if not form.validate():
        return _form(form, 422)
    email = (form.email.data or "").strip()
    try:
        if email:
            services.checked_email(email)
        account_id = services.open_account(
            vault(),
            form.name.data or "",
            time_zone=(form.time_zone.data or "").strip(),
            currency=(form.currency.data or "").strip(),
        )
    except Refused as error:
        form.refuse(error)
        return _form(form, 422)
    if email:
        return _invite(account_id, email)
    return htmx.done(_("The account is open."), back_to=url_for("admin.company", account_id=account_id))


def _invite(account_id: int, email: str) -> ResponseReturnValue:
    """The first of its people, as an administrator."""
    with transaction(account_id):
        row, token = invitations.invite(vault(), email, Role.ADMIN)
        is_mailed = mail_invitation(row, services.find_account(account_id).name, token)
    back_to = url_for("admin.company", account_id=account_id)
    if is_mailed:
        return htmx.done(_("The invitation is on its way to %(email)s.", email=row.email), back_to=back_to)
    link = links.shown_link("accounts.invitation", token=token)
    return htmx.render("admin/link_made.html", link=link, email=row.email, back_to=back_to)


def _form(form: AccountForm, status: int = 200) -> Response:
    return htmx.render("admin/new_account.html", form=form, status=status, goes_by_mail=links.can_be_mailed())
