"""Money by hand: a correction with a reason that the company reads too."""

from __future__ import annotations

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.services import find_account
from portal.admin.companies import queries
from portal.admin.companies.forms import AdjustForm
from portal.admin.feature import feature
from portal.billing.services import adjust
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import money


@feature.get("/accounts/<int:account_id>/money", needs=Permission.OPERATE, needs_fresh=True)
def adjustment(account_id: int) -> ResponseReturnValue:
    """Who one is is asked here, before anything is typed."""
    return _page(account_id, AdjustForm())


@feature.post("/accounts/<int:account_id>/money", needs=Permission.OPERATE, needs_fresh=True, writes=False)
def adjust_balance(account_id: int) -> ResponseReturnValue:
    find_account(account_id)
    form = AdjustForm()
    if not form.validate() or not (form.source.data or "").startswith("hand-"):
        return _page(account_id, form, 422)
    try:
        with transaction(account_id):
            entry = adjust(form.signed(), (form.source.data or "")[:60], form.reason.data or "")
    except Refused as error:
        form.refuse(error)
        return _page(account_id, form, 422)
    words = _("The balance is %(sum)s now.", sum=money(entry.balance_after))
    return htmx.done(words, back_to=url_for("admin.company", account_id=account_id))


def _page(account_id: int, form: AdjustForm, status: int = 200) -> Response:
    account = find_account(account_id)
    with transaction(account_id, writes=False):
        balance = queries.balance_here()
    return htmx.render("admin/money.html", status=status, company=account, form=form, balance=balance)
