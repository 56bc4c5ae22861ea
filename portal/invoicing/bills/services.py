"""Bills that people ask for, and marking them as paid: each payment order is posted once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.billing.ledger import local_day, post
from portal.billing.models import EntryKind
from portal.billing.services import LARGEST_PAYMENT, credit
from portal.invoicing.drawing.lines import TOP_UP
from portal.invoicing.papers.content import between
from portal.invoicing.papers.issuing import Draft, issue
from portal.invoicing.papers.models import BillPayment, Paper, PaperKind
from portal.invoicing.papers.queries import find_paper
from portal.invoicing.parties.queries import buyer, seller
from portal.kernel.actor import current_actor
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO
from portal.kernel.secrets import random_word

_ORDER = re.compile(r"[\w/-]{1,20}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the operator read on the bank's statement."""

    amount: Decimal
    order_number: str
    paid_on: date


def order_bill(amount: Decimal) -> Paper:
    """A numbered bill of the entered account for topping up. Raises `Refused` with what is missing for it."""
    if not ZERO < amount <= LARGEST_PAYMENT:
        raise Refused(_("A payment is more than nothing and at most one million."), "amount")
    selling, buying = seller(), buyer()
    if selling is None:
        raise Refused(_("Your provider has not told its bank details yet: ask support for a bill."))
    if buying is None:
        raise Refused(_("Tell your company's details first: a bill names who pays."))
    content = between(selling, buying, [(TOP_UP, amount)])
    return issue(Draft(PaperKind.BILL, f"top-up:{random_word(16)}", local_day(now()), content, due=amount))


def mark_paid(bill_id: int, receipt: Receipt) -> BillPayment:
    """Money has come for a bill of the entered account, all of it or a part: it is posted, once per payment order.

    Raises `NotFound`; `Refused` for what cannot be; `Conflict` where this payment order was marked before.
    """
    bill = _held_bill(bill_id)
    _check(receipt)
    if _same(bill, receipt) is not None:
        raise Conflict(_("This payment order has been marked for this bill already."))
    payment = BillPayment(
        bill_id=bill.id,
        amount=receipt.amount,
        order_number=receipt.order_number,
        paid_on=receipt.paid_on,
        marked_by=current_actor().name,
    )
    db.session.add(payment)
    db.session.flush()
    bill.paid += receipt.amount
    text = _("Bill no. %(number)s, payment order no. %(order)s", number=bill.number, order=receipt.order_number)
    credit(receipt.amount, f"bill-payment-{payment.id}", text)
    announce("documents-changed")
    return payment


def take_back(bill_id: int, payment_id: int) -> BillPayment:
    """A payment that was marked by mistake: the posting stays, another one takes it back. Once.

    Raises `NotFound`, `Conflict`.
    """
    bill = _held_bill(bill_id)
    payment = db.session.scalar(select(BillPayment).where(BillPayment.id == payment_id, BillPayment.bill_id == bill.id))
    if payment is None:
        raise NotFound
    if payment.undone_at is not None:
        raise Conflict(_("This payment has been taken back already."))
    payment.undone_at = now()
    bill.paid -= payment.amount
    text = _("Payment for bill no. %(number)s was marked by mistake", number=bill.number)
    post(EntryKind.PAYMENT, f"bill-payment-{payment.id}-undone", -payment.amount, text=text)
    audit("bill.payment-undone", f"{bill.year}/{bill.number}", before={"amount": str(payment.amount)})
    announce("documents-changed")
    return payment


def _held_bill(bill_id: int) -> Paper:
    bill = find_paper(bill_id, locks=True)
    if bill.kind != PaperKind.BILL:
        raise NotFound
    return bill


def _check(receipt: Receipt) -> None:
    if not ZERO < receipt.amount <= LARGEST_PAYMENT:
        raise Refused(_("A payment is more than nothing and at most one million."), "amount")
    if not _ORDER.fullmatch(receipt.order_number):
        raise Refused(_("Write the number of the payment order as the bank's statement has it."), "order_number")
    if receipt.paid_on > local_day(now()):
        raise Refused(_("This day has not come yet."), "paid_on")


def _same(bill: Paper, receipt: Receipt) -> BillPayment | None:
    """The same order marked before; one that was taken back may not come again: its number was used up."""
    return db.session.scalar(
        select(BillPayment).where(
            BillPayment.bill_id == bill.id,
            BillPayment.order_number == receipt.order_number,
            BillPayment.paid_on == receipt.paid_on,
        )
    )
