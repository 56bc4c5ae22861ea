"""Bills: asked for by the account's admin, marked as paid by the operator."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.services import find_account
from portal.billing import statements
from portal.billing.ledger import local_day
from portal.invoicing.bills import services
from portal.invoicing.bills.services import Receipt
from portal.invoicing.feature import desk, invoicing
from portal.invoicing.papers import job, queries
from portal.invoicing.papers.content import read_content
from portal.invoicing.papers.forms import ReceiptForm
from portal.invoicing.papers.models import PaperKind
from portal.invoicing.papers.views import answer_with
from portal.invoicing.topping_up.forms import TopUpForm
from portal.invoicing.topping_up.views import page as top_up_page
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import parse_amount
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import money
from portal.web.forms import row_id


@invoicing.post("/top-up/bill", needs=Permission.MANAGE_COMPANY, needs_fresh=True)
def order_bill() -> ResponseReturnValue:
    form = TopUpForm()
    if not form.validate():
        return top_up_page(form, 422)
    try:
        bill = services.order_bill(form.parsed())
    except Refused as error:
        form.refuse(error)
        return top_up_page(form, 422)
    words = _("Bill no. %(number)s is ready.", number=bill.number)
    return htmx.done(words, back_to=url_for("invoicing.paper", paper_id=bill.id))


@desk.get("/bills", needs=Permission.OPERATE)
def bills() -> ResponseReturnValue:
    """Bills that wait for money, or with `?state=paid` those that do not; `number` looks for one."""
    is_paid = request.args.get("state") == "paid"
    number = row_id(request.args.get("number", "").strip())
    rows = queries.bill_rows(is_paid=is_paid, number=number)
    return htmx.render("invoicing/bills.html", rows=rows, is_paid=is_paid, number=number)


@desk.get("/bills/<int:account_id>/<int:paper_id>", needs=Permission.OPERATE)
def bill(account_id: int, paper_id: int) -> ResponseReturnValue:
    return _bill_page(account_id, paper_id, ReceiptForm())


@desk.get("/bills/<int:account_id>/<int:paper_id>/file", needs=Permission.OPERATE)
def bill_file(account_id: int, paper_id: int) -> ResponseReturnValue:
    with transaction(account_id, writes=False):
        found = queries.find_paper(paper_id)
    return answer_with(found)


@desk.post("/bills/<int:account_id>/<int:paper_id>", needs=Permission.OPERATE, needs_fresh=True, writes=False)
def mark_paid(account_id: int, paper_id: int) -> ResponseReturnValue:
    form = ReceiptForm()
    if not form.validate():
        return _bill_page(account_id, paper_id, form, 422)
    try:
        with transaction(account_id):
            payment = services.mark_paid(paper_id, _receipt(form))
    except Refused as error:
        form.refuse(error)
        return _bill_page(account_id, paper_id, form, 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        return _bill_page(account_id, paper_id, form, 409)
    undo = url_for("invoicing_desk.take_back", account_id=account_id, paper_id=paper_id, bill_payment_id=payment.id)
    back_to = url_for("invoicing_desk.bill", account_id=account_id, paper_id=paper_id)
    return htmx.done(_("%(sum)s have come in.", sum=money(payment.amount)), back_to=back_to, undo=undo)


@desk.post(
    "/bills/<int:account_id>/<int:paper_id>/payments/<int:bill_payment_id>/take-back",
    needs=Permission.OPERATE,
    needs_fresh=True,
    writes=False,
)
def take_back(account_id: int, paper_id: int, bill_payment_id: int) -> ResponseReturnValue:
    with transaction(account_id):
        payment = services.take_back(paper_id, bill_payment_id)
    words = _("%(sum)s are taken back from the balance.", sum=money(payment.amount))
    return htmx.done(words, back_to=url_for("invoicing_desk.bill", account_id=account_id, paper_id=paper_id))


@desk.post("/bills/<int:account_id>/months/<int:year>/<int:month>/correct", needs=Permission.OPERATE, writes=False)
def correct_month(account_id: int, year: int, month: int) -> ResponseReturnValue:
    """Draws up what a month lacks, or corrections of what its ledger has left behind, without waiting."""
    with transaction(account_id):
        made = job.see_to(statements.find_statement(year, month), is_forced=True)
    words = _("Papers drawn up: %(count)s.", count=len(made)) if made else _("The papers of this month are right.")
    return htmx.done(words, back_to=url_for("invoicing_desk.company_papers", account_id=account_id))


@desk.get("/bills/<int:account_id>", needs=Permission.OPERATE)
def company_papers(account_id: int) -> ResponseReturnValue:
    """All papers of one company, and its closed months."""
    company = find_account(account_id)
    with transaction(account_id, writes=False):
        papers, months = queries.papers(), statements.closed_months()
    labels = job.kind_labels()
    return htmx.render("invoicing/company_papers.html", company=company, papers=papers, months=months, labels=labels)


def _receipt(form: ReceiptForm) -> Receipt:
    try:
        amount = parse_amount(form.amount.data or "")
    except Refused as error:
        error.field = "amount"
        raise
    return Receipt(amount, (form.order_number.data or "").strip(), form.paid_on.data or local_day(now()))


def _bill_page(account_id: int, paper_id: int, form: ReceiptForm, status: int = 200) -> ResponseReturnValue:
    with transaction(account_id, writes=False):
        found = queries.find_paper(paper_id)
        if found.kind != PaperKind.BILL:
            raise NotFound
        payments = queries.payments_of(found)
    if not form.is_submitted():
        form.amount.data = f"{found.left:.2f}" if found.left else ""
    return htmx.render(
        "invoicing/bill.html",
        status=status,
        bill=found,
        content=read_content(found.content),
        company=find_account(account_id),
        payments=payments,
        form=form,
    )
