"""Two companies that papers can be drawn up between, and what North was charged."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask

from portal.billing.ledger import post
from portal.billing.models import EntryKind
from portal.invoicing.parties import services
from portal.kernel.db import transaction

SELLER: dict[str, Any] = {
    "form": "company",
    "name": "ООО «Связь-Плюс»",
    "inn": "7707083893",
    "kpp": "773601001",
    "ogrn": "1027700132195",
    "address": "117312, г. Москва, ул. Вавилова, д. 19",
    "bank_name": "ПАО СБЕРБАНК, г. Москва",
    "bik": "044525225",
    "bank_account": "40702810238000000028",
    "correspondent_account": "30101810400000000225",
    "director_title": "Генеральный директор",
    "director_name": "Петров П. П.",
    "accountant_name": "Сидорова С. С.",
    "vat": "22",
    "papers": "act",
    "revision": "0",
}
BUYER: dict[str, Any] = {
    "form": "company",
    "name": "ООО «Север»",
    "inn": "7736050003",
    "kpp": "997250001",
    "ogrn": "",
    "address": "190000, г. Санкт-Петербург, Невский пр-т, д. 1",
    "papers_email": "",
    "signatory": "Северова А. П.",
    "revision": "0",
}


def tell_seller(app: Flask, **other: Any) -> None:
    """The operator's company; papers since 2026 began."""
    with app.test_request_context(), transaction():
        services.set_seller({**SELLER, "papers_since": date(2026, 1, 1), **other}, 0)


def tell_buyer(app: Flask, account_id: int, **other: Any) -> None:
    """An account's company."""
    with app.test_request_context(), transaction(account_id):
        services.set_buyer({**BUYER, **other}, 0)


def charge(app: Flask, account_id: int, at: datetime, amount: str, name: str = "Москва") -> None:
    """A call that cost something."""
    with app.app_context(), transaction(account_id):
        source = f"{at.isoformat()}-{amount}"
        rating = {"name": name, "billed_seconds": 60}
        post(EntryKind.CALL, source, -Decimal(amount), rating=rating, at=at)
