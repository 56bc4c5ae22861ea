"""A card payment is posted once, by what YooKassa answers when it is asked, whatever is sent and however it fails."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.billing import queries
from portal.billing.models import LedgerEntry
from portal.invoicing.cards import asking, services
from portal.invoicing.cards.models import CardPayment, CardShop, CardState
from portal.kernel.clock import now
from portal.kernel.db import transaction
from tests.browser import Browser
from tests.invoicing.yookassa import SECRET, SHOP, Fault, YooKassaServer
from tests.people import Cast


@pytest.fixture
def bank(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[YooKassaServer]:
    """The service, and the operator's shop at it."""
    with YooKassaServer() as server:
        monkeypatch.setitem(app.extensions, "portal.settings", _settings(app, server.root))
        with app.test_request_context(), transaction():
            services.set_shop(app.extensions["portal.vault"], SHOP, SECRET, is_on=True)
        yield server


def _settings(app: Flask, root: str) -> Any:
    return replace(app.extensions["portal.settings"], yookassa_url=root)


def begin(anna: Browser, amount: str = "99.50") -> str:
    """Anna begins a payment; answers its reference."""
    answer = anna.submit("/top-up/card", {"amount": amount})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:300]
    return str(answer.headers["Location"]).split("/top-up/card/")[1].partition("?")[0]


def tell(anna: Browser, notice: object) -> int:
    """What the service posts: by nobody's session, without a token or a browser's headers."""
    outside = anna.application.test_client()
    return outside.post("/notices/yookassa", json=notice, base_url="https://localhost").status_code


def payment(app: Flask, cast: Cast, reference: str) -> CardPayment:
    with app.app_context(), transaction(cast.north, writes=False):
        return services.find_payment(reference)


def balance(app: Flask, account_id: int) -> Decimal:
    with app.app_context(), transaction(account_id, writes=False):
        return queries.header().balance


def only(bank: YooKassaServer) -> str:
    (payment_id,) = bank.payments
    return payment_id


def test_the_payer_is_sent_on_and_comes_back_to_what_is_true(
    app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer
) -> None:
    reference = begin(anna)
    page = anna.get(f"/top-up/card/{reference}?go=1")
    assert page.headers["Refresh"] == f"0; url={bank.origin}/pay/{only(bank)}"
    assert bank.payments[only(bank)]["amount"] == {"value": "99.50", "currency": "RUB"}
    assert "Refresh" not in anna.get(f"/top-up/card/{reference}").headers

    bank.pay(only(bank))
    assert "Деньги на балансе." in anna.get(f"/top-up/card/{reference}").get_data(as_text=True)
    assert balance(app, cast.north) == Decimal("99.50")


def test_notices_count_once_in_any_order_and_number(
    app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer
) -> None:
    begin(anna)
    payment_id = only(bank)
    bank.pay(payment_id)
    events = ["payment.succeeded", "payment.waiting_for_capture", "payment.canceled", "payment.succeeded"] * 2
    random.Random(4).shuffle(events)
    for event in events:
        assert tell(anna, bank.notice(payment_id, event)) == 200

    assert balance(app, cast.north) == Decimal("99.50")


def test_a_notice_that_lies_moves_nothing(app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer) -> None:
    reference = begin(anna)
    lie = bank.notice(only(bank)) | {}
    lie["object"] = {**lie["object"], "status": "succeeded", "paid": True}

    assert tell(anna, lie) == 200
    assert payment(app, cast, reference).state == CardState.PENDING
    assert balance(app, cast.north) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"value": "9999.00", "currency": "RUB"}},
        {"amount": {"value": "99.50", "currency": "USD"}},
        {"amount": {"value": 99.5, "currency": "RUB"}},
        {"metadata": {"reference": "another"}},
        {"metadata": None},
        {"id": "another"},
        {"status": None},
    ],
)
def test_an_answer_that_does_not_fit_moves_nothing(
    app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer, change: dict[str, Any]
) -> None:
    reference = begin(anna)
    bank.pay(only(bank))
    bank.faults.append(Fault(change=change))

    assert tell(anna, bank.notice(only(bank))) in {200, 503}
    assert payment(app, cast, reference).state == CardState.PENDING
    assert balance(app, cast.north) == 0
    assert tell(anna, bank.notice(only(bank))) == 200
    assert balance(app, cast.north) == Decimal("99.50")


@pytest.mark.parametrize("status", [500, 502, 202, 429])
def test_a_service_that_fails_is_to_send_again(
    app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer, status: int
) -> None:
    begin(anna)
    bank.pay(only(bank))
    bank.faults.append(Fault(status))

    assert tell(anna, bank.notice(only(bank))) == 503
    assert tell(anna, bank.notice(only(bank))) == 200
    assert balance(app, cast.north) == Decimal("99.50")


@pytest.mark.parametrize(
    "notice",
    [None, [], {"event": "payment.succeeded"}, {"object": {"id": "../../x"}}, {"object": {"id": 7}}, {"object": "x"}],
)
def test_what_is_no_notice_is_refused(anna: Browser, bank: YooKassaServer, notice: object) -> None:
    assert tell(anna, notice) == 400
    assert bank.requests == []


def test_a_notice_of_nobodys_payment_asks_nobody(anna: Browser, bank: YooKassaServer) -> None:
    assert tell(anna, {"event": "payment.succeeded", "object": {"id": "22e12f66-000f-5000-8000-18db351245c7"}}) == 200
    assert bank.requests == []


def test_a_lost_answer_makes_no_second_payment(app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer) -> None:
    bank.faults.extend([Fault(500, is_after=True), Fault(500)])
    reference = begin(anna)
    assert payment(app, cast, reference).state == CardState.NEW
    assert "Попробовать ещё раз" in anna.get(f"/top-up/card/{reference}").get_data(as_text=True)

    # Its notice is quicker than our second try: it is known by our own reference.
    bank.pay(only(bank))
    assert tell(anna, bank.notice(only(bank))) == 200
    anna.submit(f"/top-up/card/{reference}/again")

    assert len(bank.payments) == 1
    assert balance(app, cast.north) == Decimal("99.50")


def test_refunds_go_off_the_balance_once_each(app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer) -> None:
    begin(anna)
    bank.pay(only(bank))
    tell(anna, bank.notice(only(bank)))
    for value in ("30.00", "30.00", "99.50", "30.00"):
        bank.refund(only(bank), value)
        assert tell(anna, bank.notice(only(bank), "refund.succeeded")) == 200

    assert balance(app, cast.north) == 0
    with app.app_context(), transaction(cast.north, writes=False) as session:
        amounts = sorted(session.scalars(select(LedgerEntry.amount)))
    assert amounts == [Decimal("-69.50"), Decimal("-30.00"), Decimal("99.50")]


def test_a_cancelled_payment_says_why(anna: Browser, bank: YooKassaServer) -> None:
    reference = begin(anna)
    bank.cancel(only(bank), "insufficient_funds")
    tell(anna, bank.notice(only(bank), "payment.canceled"))

    assert "недостаточно денег" in anna.get(f"/top-up/card/{reference}").get_data(as_text=True)


def test_a_lost_notice_is_found_by_the_watch(app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer) -> None:
    begin(anna)
    bank.pay(only(bank))
    with time_machine.travel(now() + timedelta(minutes=2), tick=False), app.app_context():
        asking.watch(app)
        asking.watch(app)

    assert balance(app, cast.north) == Decimal("99.50")


def test_a_payment_that_the_service_never_heard_of_ends_after_a_day(
    app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer
) -> None:
    bank.faults.extend([Fault(500), Fault(500)])
    reference = begin(anna)
    with time_machine.travel(now() + timedelta(hours=24), tick=False), app.app_context():
        asking.watch(app)

    assert payment(app, cast, reference).state == CardState.CANCELED


def test_a_shop_that_is_refused_keeps_what_was_typed(
    app: Flask, cast: Cast, anna: Browser, bank: YooKassaServer
) -> None:
    with app.test_request_context(), transaction():
        services.set_shop(app.extensions["portal.vault"], SHOP, "test_wrong", is_on=True)
    answer = anna.submit("/top-up/card", {"amount": "77"})

    assert answer.status_code == 422
    assert 'value="77"' in answer.get_data(as_text=True)


def test_the_operator_names_the_shop_and_nobody_reads_its_secret(app: Flask, olga: Browser, anna: Browser) -> None:
    form = {"shop_id": SHOP, "secret": SECRET, "is_on": "y"}
    assert anna.submit("/admin/card-payments", form).status_code == 403
    assert olga.submit("/admin/card-payments", {**form, "shop_id": "x"}).status_code == 422
    assert olga.submit("/admin/card-payments", form).status_code == 303
    assert SECRET not in olga.get("/admin/card-payments").get_data(as_text=True)
    assert olga.submit("/admin/card-payments", {**form, "secret": ""}).status_code == 303

    with app.app_context(), transaction(writes=False) as session:
        shop = session.scalars(select(CardShop)).one()
        assert SECRET not in shop.sealed_secret
        assert app.extensions["portal.vault"].open(shop.sealed_secret) == SECRET


def test_without_a_shop_nobody_pays_by_card(app: Flask, anna: Browser, boris: Browser) -> None:
    assert anna.submit("/top-up/card", {"amount": "5"}).status_code == 403
    assert 'id="pay-by-card"' not in anna.get("/top-up").get_data(as_text=True)
    assert boris.submit("/top-up/card", {"amount": "5"}).status_code == 403
