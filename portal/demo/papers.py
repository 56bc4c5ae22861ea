"""What the demo's papers say of both sides: firms that do not exist, with numbers that check."""

from __future__ import annotations

from datetime import date, timedelta

from portal.invoicing.parties.services import set_buyer, set_seller
from portal.kernel.clock import now

_SELLER = {
    "form": "company",
    "name": "ООО «Связь-Пример»",
    "inn": "7704123450",
    "kpp": "770401001",
    "ogrn": "1027700123450",
    "address": "119019, г. Москва, ул. Примерная, д. 1",
    "bank_name": "АО «ТБАНК», г. Москва",
    "bik": "044525974",
    "bank_account": "40702810500000012345",
    "correspondent_account": "30101810145250000974",
    "director_title": "Генеральный директор",
    "director_name": "Примеров П. П.",
    "accountant_name": "Счетоводова С. С.",
    "vat": "22",
    "papers": "act",
}
_BUYERS = {
    "ООО «Север»": ("7812345675", "781201001", "191186, г. Санкт-Петербург, Невский пр-т, д. 100", "Северова А. П."),
    "ООО «Юг»": ("2310987655", "231001001", "350000, г. Краснодар, ул. Красная, д. 200", "Южина К. И."),
}
_MONTHS = timedelta(days=62)


def tell_seller() -> None:
    """The operator's company; the last two or three months get papers."""
    set_seller({**_SELLER, "papers_since": _first_month()}, 0)


def tell_buyer(company: str) -> None:
    """The entered account's company."""
    inn, kpp, address, signatory = _BUYERS[company]
    set_buyer({"name": company, "inn": inn, "kpp": kpp, "address": address, "signatory": signatory}, 0)


def _first_month() -> date:
    return (now() - _MONTHS).date().replace(day=1)
