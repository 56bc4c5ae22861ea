"""The operator's first page: the accounts of the installation."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.accounts import services
from portal.admin import queries
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.feature import Feature

feature = Feature("admin", __name__, url_prefix="/admin")


@feature.get("", needs=Permission.OPERATE)
def accounts() -> ResponseReturnValue:
    return htmx.render("admin/accounts.html", accounts=queries.account_rows())


@feature.post("/accounts/<int:account_id>/block", needs=Permission.OPERATE)
def block(account_id: int) -> ResponseReturnValue:
    services.block_account(account_id)
    undo = url_for("admin.unblock", account_id=account_id)
    return htmx.done(
        _("The account is blocked: it places no outgoing calls."), back_to=url_for("admin.accounts"), undo=undo
    )


@feature.post("/accounts/<int:account_id>/unblock", needs=Permission.OPERATE)
def unblock(account_id: int) -> ResponseReturnValue:
    services.block_account(account_id, is_blocked=False)
    return htmx.done(_("The account works again."), back_to=url_for("admin.accounts"))
