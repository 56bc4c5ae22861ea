"""Receipts of the law 54-FZ, which YooKassa makes with a payment: what the operator chose, and what is sent.

Codes and words are YooKassa's own (its "receipt" object). Off by default: many operators have a register elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from portal.invoicing.drawing.lines import TOP_UP
from portal.invoicing.parties.models import BuyerDetails
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l

VAT_CODES = {
    1: _l("No VAT"),
    2: "0 %",
    3: "10 %",
    4: "20 %",
    5: "10/110",
    6: "20/120",
    7: "5 %",
    8: "7 %",
    9: "5/105",
    10: "7/107",
    11: "22 %",
    12: "22/122",
}
"""`vat_code`; an advance takes a rate of the form 22/122. All twelve stand in YooKassa's list of values for receipts
(yookassa.ru/developers/54fz/parameters-values); 11 and 12 took the place of 20 % and 20/120 on 1 January 2026.
"""
TAX_SYSTEMS = {
    1: _l("General"),
    2: _l("Simplified: income"),
    3: _l("Simplified: income less expenses"),
    4: _l("On imputed income"),
    5: _l("Agricultural"),
    6: _l("Patent"),
}
"""`tax_system_code`."""
SUBJECTS = {"payment": _l("Payment"), "service": _l("Service")}
"""`payment_subject` of what is paid for here: money on an account, or a service."""
MODES = {"advance": _l("Advance"), "full_prepayment": _l("Prepayment in full"), "full_payment": _l("Payment in full")}
"""`payment_mode`."""


@dataclass(frozen=True, slots=True)
class ReceiptRules:
    """How receipts are made out. `tax_system` is None for a shop that has one only."""

    vat_code: int
    tax_system: int | None = None
    subject: str = "payment"
    mode: str = "advance"

    def kept(self) -> dict[str, Any]:
        """As the shop's row holds it."""
        return asdict(self)


def checked_rules(rules: ReceiptRules) -> ReceiptRules:
    """The rules. Raises `Refused` at the field that YooKassa would not take."""
    if rules.vat_code not in VAT_CODES:
        raise Refused(_("Choose the rate of VAT."), "vat_code")
    if rules.tax_system is not None and rules.tax_system not in TAX_SYSTEMS:
        raise Refused(_("Choose the tax system."), "tax_system")
    if rules.subject not in SUBJECTS:
        raise Refused(_("Choose what is paid for."), "subject")
    if rules.mode not in MODES:
        raise Refused(_("Choose the way of payment."), "mode")
    return rules


def receipt_of(rules: Mapping[str, Any], amount: Decimal, email: str, buyer: BuyerDetails | None) -> dict[str, Any]:
    """The receipt of a payment: one item, which is the whole amount. It goes to `email`.

    Raises `Refused` where there is no address that it could go to.
    """
    if "@" not in email:
        raise Refused(_("A receipt is sent by mail: sign in as somebody who has an e-mail address."))
    customer = {"email": email}
    if buyer is not None:
        customer |= {"full_name": buyer.name[:256], "inn": buyer.inn}
    known = ReceiptRules(**rules)
    item = {
        "description": TOP_UP,
        "quantity": "1.00",
        "amount": {"value": f"{amount:.2f}", "currency": "RUB"},
        "vat_code": known.vat_code,
        "payment_subject": known.subject,
        "payment_mode": known.mode,
    }
    receipt: dict[str, Any] = {"customer": customer, "items": [item]}
    return receipt if known.tax_system is None else receipt | {"tax_system_code": known.tax_system}
