"""What a bank's app reads from the square on a bill: GOST R 56042-2014, version 1, in UTF-8 (`ST00012`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_SEPARATORS = "|~^*#"
"""The standard's own is `|`; a payload whose values hold it names another one in the same place."""
_NO_CORRESPONDENT = "0"
# Lengths that the standard allows (its table 1).
_NAME, _BANK, _PURPOSE, _NUMBER = 160, 45, 210, 15


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """What a payer's bank needs. The first five are compulsory, and stand first in this order."""

    name: str
    account: str
    bank_name: str
    bik: str
    correspondent_account: str
    amount: Decimal
    purpose: str
    payee_inn: str
    payee_kpp: str = ""
    payer_inn: str = ""
    number: str = ""


def payload(order: PaymentOrder) -> str:
    """The text of the square. The sum stands in kopecks. Raises `ValueError` where nothing is to be paid."""
    kopecks = order.amount * 100
    if kopecks <= 0 or kopecks != kopecks.to_integral_value():
        raise ValueError("a payment is of whole kopecks and more than nothing")
    values = _values(order, int(kopecks))
    separator = next((each for each in _SEPARATORS if not any(each in value for value in values.values())), None)
    if separator is None:
        separator = _SEPARATORS[0]
        values = {name: value.replace(separator, " ") for name, value in values.items()}
    return "ST00012" + "".join(f"{separator}{name}={value}" for name, value in values.items())


def _values(order: PaymentOrder, kopecks: int) -> Mapping[str, str]:
    values = {
        "Name": _cut(order.name, _NAME),
        "PersonalAcc": order.account,
        "BankName": _cut(order.bank_name, _BANK),
        "BIC": order.bik,
        "CorrespAcc": order.correspondent_account or _NO_CORRESPONDENT,
        "Sum": str(kopecks),
        "Purpose": _cut(order.purpose, _PURPOSE),
        "PayeeINN": order.payee_inn,
        "KPP": order.payee_kpp,
        "PayerINN": order.payer_inn,
        "DocNo": _cut(order.number, _NUMBER),
    }
    return {name: value for name, value in values.items() if value}


def _cut(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest].rstrip()
