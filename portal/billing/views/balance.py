"""The balance, its ledger and months; topping up in the demo."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.billing import queries, services
from portal.billing.forms import TopUpForm
from portal.billing.views.feature import feature
from portal.billing.words import entry_labels
from portal.kernel.errors import Forbidden, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import parse_amount
from portal.kernel.paging import Cursor, NewestFirst
from portal.kernel.secrets import random_word
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import money


@feature.get("/balance", needs=Permission.SEE_MONEY)
def balance() -> ResponseReturnValue:
    return _balance_page(TopUpForm(amount="1000"))


@feature.get("/balance/header", needs=Permission.SEE_MONEY)
def header() -> ResponseReturnValue:
    return htmx.render("layout/_money.html")


@feature.post("/balance/top-up", needs=Permission.MANAGE_INTEGRATION)
def top_up() -> ResponseReturnValue:
    if not current_app.extensions["portal.settings"].is_demo:
        raise Forbidden(_("Payments are credited by your provider."))
    form = TopUpForm()
    if form.validate():
        try:
            amount = parse_amount(form.amount.data or "")
            services.credit(amount, f"demo-{random_word(12)}", _("Sandbox payment"))
        except Refused as error:
            error.field = "amount"
            form.refuse(error)
        else:
            return htmx.done(_("%(sum)s have come in.", sum=money(amount)), back_to=url_for("billing.balance"))
    return _balance_page(form, status=422)


def _balance_page(form: TopUpForm, status: int = 200) -> ResponseReturnValue:
    return htmx.render(
        "billing/balance.html",
        status=status,
        form=form,
        page=queries.ledger_page(_cursor()),
        months=queries.months(),
        labels=entry_labels(),
    )


def _cursor() -> Cursor | None:
    return NewestFirst.read(request.args.get("page", ""))
