"""«Пополнить счет»: how much, and by which way."""

from __future__ import annotations

from flask import current_app, url_for
from flask.typing import ResponseReturnValue

from portal.billing.services import credit
from portal.invoicing.feature import invoicing
from portal.invoicing.topping_up.forms import TopUpForm
from portal.kernel.errors import Forbidden, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import parse_amount
from portal.kernel.secrets import random_word
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import money


@invoicing.get("/top-up", needs=Permission.SEE_MONEY)
def top_up() -> ResponseReturnValue:
    return page(TopUpForm(amount="1000"))


@invoicing.post("/top-up/sandbox", needs=Permission.MANAGE_COMPANY)
def pay_in_play_money() -> ResponseReturnValue:
    if not current_app.extensions["portal.settings"].is_demo:
        raise Forbidden(_("Payments are credited by your provider."))
    form = TopUpForm()
    if form.validate():
        try:
            amount = parse_amount(form.amount.data or "")
            credit(amount, f"demo-{random_word(12)}", _("Sandbox payment"))
        except Refused as error:
            error.field = "amount"
            form.refuse(error)
        else:
            return htmx.done(_("%(sum)s have come in.", sum=money(amount)), back_to=url_for("billing.balance"))
    return page(form, 422)


def page(form: TopUpForm, status: int = 200) -> ResponseReturnValue:
    """The page as the form stands."""
    return htmx.render("invoicing/top_up.html", status=status, form=form)
