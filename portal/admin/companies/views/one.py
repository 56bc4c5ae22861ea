"""One account as the operator sees it."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import services
from portal.accounts.company.persons import contact_persons
from portal.accounts.door import vault
from portal.accounts.people import invitations, links, listing
from portal.accounts.people.forms import InviteForm
from portal.accounts.people.letters import mail_invitation
from portal.accounts.roles import Role, role_label
from portal.admin.companies import queries
from portal.admin.feature import feature
from portal.billing.queries import header
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.telephony.queries import dids, sip_lines
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/accounts/<int:account_id>", needs=Permission.OPERATE)
def company(account_id: int) -> ResponseReturnValue:
    return _page(account_id, InviteForm(role=Role.ADMIN.value))


@feature.post("/accounts/<int:account_id>/invite", needs=Permission.OPERATE, needs_fresh=True, writes=False)
def invite(account_id: int) -> ResponseReturnValue:
    name = services.find_account(account_id).name
    form = InviteForm()
    if not form.validate():
        return _page(account_id, form, 422)
    try:
        with transaction(account_id):
            row, token = invitations.invite(vault(), form.email.data or "", Role(form.role.data))
            is_mailed = mail_invitation(row, name, token)
    except Refused as error:
        form.refuse(error)
        return _page(account_id, form, 422)
    back_to = url_for("admin.company", account_id=account_id)
    if is_mailed:
        return htmx.done(_("The invitation is on its way to %(email)s.", email=row.email), back_to=back_to)
    link = links.shown_link("accounts.invitation", token=token)
    return htmx.render("admin/link_made.html", link=link, email=row.email, back_to=back_to)


@feature.post("/accounts/<int:account_id>/block", needs=Permission.OPERATE)
def block(account_id: int) -> ResponseReturnValue:
    services.block_account(account_id)
    undo = url_for("admin.unblock", account_id=account_id)
    words = _("The account is blocked: it places no outgoing calls.")
    return htmx.done(words, back_to=url_for("admin.company", account_id=account_id), undo=undo)


@feature.post("/accounts/<int:account_id>/unblock", needs=Permission.OPERATE)
def unblock(account_id: int) -> ResponseReturnValue:
    services.block_account(account_id, is_blocked=False)
    return htmx.done(_("The account works again."), back_to=url_for("admin.company", account_id=account_id))


def _page(account_id: int, form: InviteForm, status: int = 200) -> Response:
    account = services.find_account(account_id)
    with transaction(account_id, writes=False):
        shown: dict[str, Any] = {
            "people": listing.people(),
            "invitations": listing.open_invitations(),
            "contact_persons": contact_persons(),
            "lines": sip_lines(),
            "numbers": dids(),
            "money": header(),
            "balance": queries.balance_here(),
        }
    roles = {role: role_label(role) for role in Role}
    return htmx.render("admin/account.html", status=status, company=account, roles=roles, form=form, **shown)
