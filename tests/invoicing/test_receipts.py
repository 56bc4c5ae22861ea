"""The receipt of 54-ФЗ goes with a card payment where the operator wants it: exact, to the payer, and once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask

from portal.invoicing.cards import services
from portal.invoicing.cards.models import Provider
from portal.invoicing.cards.receipts import ReceiptRules
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from tests.browser import Browser
from tests.invoicing.parties import tell_buyer
from tests.invoicing.test_pay_by_card import bank, begin, only, payment, tell
from tests.invoicing.yookassa import SHOP, Fault, YooKassaServer, is_receipt
from tests.people import ANNA, Cast

__all__ = ["bank"]
CHOSEN = {"shop_id": SHOP, "is_on": "y", "sends_receipts": "y", "vat_code": "12", "tax_system": "1"}
ADVANCE = {"subject": "payment", "mode": "advance"}


def choose(olga: Browser, **other: str) -> int:
    return olga.submit("/admin/card-payments", {**CHOSEN, **ADVANCE, **other}).status_code


def sent(bank: YooKassaServer) -> dict[str, object] | None:
    (wish,) = bank.wishes.values()
    receipt: dict[str, object] | None = wish.get("receipt")
    return receipt


def test_none_goes_with_a_payment_by_default(anna: Browser, bank: YooKassaServer) -> None:
    begin(anna)

    assert sent(bank) is None


@pytest.mark.parametrize("amount", ["1", "99.50", "0033.10", "1 000 000"])
def test_it_is_the_whole_amount_and_goes_to_the_payer(
    app: Flask, cast: Cast, anna: Browser, olga: Browser, bank: YooKassaServer, amount: str
) -> None:
    tell_buyer(app, cast.north)
    assert choose(olga) == 303
    begin(anna, amount)

    exact = f"{Decimal(amount.replace(' ', '')):.2f}"
    assert sent(bank) == {
        "customer": {"email": ANNA.email, "full_name": "ООО «Север»", "inn": "7736050003"},
        "tax_system_code": 1,
        "items": [
            {
                "description": "Оплата услуг связи (пополнение лицевого счёта)",
                "quantity": "1.00",
                "amount": {"value": exact, "currency": "RUB"},
                "vat_code": 12,
                "payment_subject": "payment",
                "payment_mode": "advance",
            }
        ],
    }


def test_asking_twice_asks_for_the_same_receipt_whatever_was_chosen_meanwhile(
    app: Flask, cast: Cast, anna: Browser, olga: Browser, bank: YooKassaServer
) -> None:
    choose(olga)
    bank.faults.extend([Fault(status=500, is_after=True)] * 2)
    reference = begin(anna)
    choose(olga, vat_code="1", tax_system="", subject="service", mode="full_payment")
    anna.submit(f"/top-up/card/{reference}/again")

    assert len(bank.payments) == 1
    assert payment(app, cast, reference).provider_id == only(bank)


def test_the_payer_sees_where_it_is(app: Flask, cast: Cast, anna: Browser, olga: Browser, bank: YooKassaServer) -> None:
    choose(olga)
    url = f"/top-up/card/{begin(anna)}"
    assert "придёт на anna@north.example" in anna.get(url).get_data(as_text=True)

    bank.pay(only(bank))
    tell(anna, bank.notice(only(bank)))
    assert "отправлен на anna@north.example" in anna.get(url).get_data(as_text=True)

    bank.payments[only(bank)]["receipt_registration"] = "canceled"
    tell(anna, bank.notice(only(bank)))
    assert "сделает его вручную" in anna.get(url).get_data(as_text=True)
    assert payment(app, cast, url.rpartition("/")[2]).receipt_state == "canceled"


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    ("field", "value"),
    [("vat_code", "13"), ("vat_code", "x"), ("tax_system", "7"), ("subject", "casino"), ("mode", "later")],
)
def test_what_no_receipt_can_say_is_refused(olga: Browser, field: str, value: str) -> None:
    assert choose(olga, **{field: value}) == 422


def test_the_choice_comes_back_and_can_be_switched_off(olga: Browser, anna: Browser, bank: YooKassaServer) -> None:
    choose(olga)
    page = olga.get("/admin/card-payments").get_data(as_text=True)
    assert '<option selected value="12">' in page
    choose(olga, sends_receipts="")
    begin(anna)

    assert sent(bank) is None


@pytest.mark.usefixtures("bank")
@pytest.mark.usefixtures("bank")
def test_nobody_without_an_address_pays_with_a_receipt(app: Flask, cast: Cast) -> None:
    with app.test_request_context(), transaction():
        services.set_shop(app.extensions["portal.vault"], SHOP, "", is_on=True, receipts=ReceiptRules(12))
    with app.test_request_context(), pytest.raises(Refused), transaction(cast.north):
        services.begin(Decimal(10), Provider.YOOKASSA)


def test_the_local_service_takes_no_receipt_that_does_not_add_up() -> None:
    amount = {"value": "10.00", "currency": "RUB"}
    item = {"description": "x", "quantity": "1.00", "amount": amount, "vat_code": 1}
    words = {"payment_subject": "payment", "payment_mode": "advance"}
    good = {"customer": {"email": "a@b.example"}, "items": [item | words]}

    assert is_receipt(good, amount)
    assert not is_receipt(good, {"value": "10.01", "currency": "RUB"})
    assert not is_receipt(good | {"customer": {}}, amount)
