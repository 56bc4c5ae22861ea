"""The balance, its ledger and months, payments, statements; topping up in the demo."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.billing import queries, services, statements
from portal.billing.forms import TopUpForm
from portal.billing.models import EntryKind
from portal.kernel.errors import Forbidden, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import parse_amount
from portal.kernel.paging import Cursor, NewestFirst
from portal.kernel.secrets import random_word
from portal.web import htmx
from portal.web.access import Permission
from portal.web.feature import Feature
from portal.web.filters import money

feature = Feature("billing", __name__)


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


@feature.get("/payments", needs=Permission.SEE_MONEY)
def payments() -> ResponseReturnValue:
    page = queries.ledger_page(_cursor(), kinds=[EntryKind.PAYMENT])
    return htmx.render("billing/payments.html", page=page, months=queries.months(), labels=entry_labels())


@feature.get("/documents", needs=Permission.SEE_MONEY)
def documents() -> ResponseReturnValue:
    return htmx.render("billing/documents.html", statements=statements.closed_months())


@feature.get("/documents/<int:year>/<int:month>", needs=Permission.SEE_MONEY)
def statement(year: int, month: int) -> ResponseReturnValue:
    found = statements.find_statement(year, month)
    rates = statements.rate_sums(found)
    return htmx.render("billing/statement.html", statement=found, rates=rates, labels=sum_labels())


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


def entry_labels() -> dict[str, str]:
    """What each kind of posting is called."""
    return {
        EntryKind.PAYMENT: _("Payment"),
        EntryKind.CALL: _("Call"),
        EntryKind.FEE: _("Monthly fee"),
        EntryKind.CORRECTION: _("Correction"),
    }


def sum_labels() -> dict[str, str]:
    """What all postings of a kind together are called."""
    return {
        EntryKind.PAYMENT: _("Payments"),
        EntryKind.CALL: _("Calls"),
        EntryKind.FEE: _("Monthly fees"),
        EntryKind.CORRECTION: _("Corrections"),
    }
