"""Money that a person or a payment service moves."""

from __future__ import annotations

from decimal import Decimal

from portal.accounts.audit import audit
from portal.billing.ledger import Posting, post
from portal.billing.models import EntryKind
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO

LARGEST_PAYMENT = Decimal(1_000_000)


def credit(amount: Decimal, source: str, text: str) -> Posting:
    """A payment that has come in; `source` is its number at the bank or payment service: the same one counts once."""
    if not ZERO < amount <= LARGEST_PAYMENT:
        raise Refused(_("A payment is more than nothing and at most one million."), "amount")
    entry = post(EntryKind.PAYMENT, source, amount, text=text)
    audit("payment.credit", source, after={"amount": str(amount)})
    return entry


def adjust(amount: Decimal, source: str, reason: str) -> Posting:
    """A correction by hand, either way; `source` makes it happen once, `reason` is shown with it."""
    if amount == ZERO or abs(amount) > LARGEST_PAYMENT:
        raise Refused(_("A correction is more or less than nothing, and at most one million."), "amount")
    if not reason.strip():
        raise Refused(_("Say why: the company reads it beside the sum."), "reason")
    entry = post(EntryKind.CORRECTION, source, amount, text=reason.strip())
    audit("ledger.adjust", source, after={"amount": str(amount), "reason": reason.strip()[:300]})
    return entry
