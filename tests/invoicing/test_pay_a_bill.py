"""An admin makes out a bill, the operator marks what has come for it: each payment order is posted once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from portal.billing import queries
from portal.billing.models import LedgerEntry
from portal.invoicing.papers.models import BillPayment, Paper
from portal.kernel.db import transaction
from tests.browser import Browser
from tests.invoicing.parties import tell_buyer, tell_seller
from tests.people import Cast


@pytest.fixture
def parties(app: Flask, cast: Cast) -> None:
    """Both sides have told their details."""
    tell_seller(app)
    tell_buyer(app, cast.north)


def order(anna: Browser, amount: str = "1 200,50") -> int:
    answer = anna.submit("/top-up/bill", {"amount": amount})
    assert answer.status_code == 303
    return int(str(answer.headers["Location"]).rpartition("/")[2])


def mark(olga: Browser, account_id: int, bill_id: int, amount: str, number: str = "17") -> int:
    form = {"amount": amount, "order_number": number, "paid_on": "2026-01-15"}
    return olga.submit(f"/admin/bills/{account_id}/{bill_id}", form).status_code


def balance(app: Flask, account_id: int) -> Decimal:
    with app.app_context(), transaction(account_id, writes=False):
        return queries.header().balance


def bill(app: Flask, account_id: int, bill_id: int) -> Paper:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.get_one(Paper, bill_id)


@pytest.mark.usefixtures("parties")
def test_a_bill_is_paid_in_parts_and_each_order_counts_once(
    app: Flask, cast: Cast, anna: Browser, olga: Browser
) -> None:
    bill_id = order(anna)
    assert mark(olga, cast.north, bill_id, "1000") == 303
    assert mark(olga, cast.north, bill_id, "1000") == 409
    assert "оплачен частично" in anna.get(f"/documents/papers/{bill_id}").get_data(as_text=True)
    assert mark(olga, cast.north, bill_id, "200,50", "18") == 303

    assert balance(app, cast.north) == Decimal("1200.50")
    assert bill(app, cast.north, bill_id).is_paid
    assert "Ждут оплаты" in olga.get("/admin/bills").get_data(as_text=True)
    assert f"/admin/bills/{cast.north}/{bill_id}" in olga.get("/admin/bills?state=paid").get_data(as_text=True)
    assert f"/admin/bills/{cast.north}/{bill_id}" not in olga.get("/admin/bills").get_data(as_text=True)


@pytest.mark.usefixtures("parties")
def test_what_was_marked_by_mistake_is_taken_back_once(app: Flask, cast: Cast, anna: Browser, olga: Browser) -> None:
    bill_id = order(anna)
    mark(olga, cast.north, bill_id, "1200.50")
    with app.app_context(), transaction(cast.north, writes=False) as session:
        payment_id = session.scalars(select(BillPayment.id)).one()
    url = f"/admin/bills/{cast.north}/{bill_id}/payments/{payment_id}/take-back"

    assert [olga.submit(url).status_code for _ in range(2)] == [303, 409]
    assert balance(app, cast.north) == 0
    assert bill(app, cast.north, bill_id).left == Decimal("1200.50")
    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert len(session.scalars(select(LedgerEntry.id)).all()) == 2, "postings stay: another one stands beside"


@pytest.mark.usefixtures("parties")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "0"),
        ("amount", "-5"),
        ("amount", "1.005"),
        ("amount", "x"),
        ("order_number", "<b>"),
        ("paid_on", "x"),
        ("paid_on", "2999-01-01"),
        ("order_number", ""),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    app: Flask, cast: Cast, anna: Browser, olga: Browser, field: str, value: str
) -> None:
    bill_id = order(anna)
    form = {"amount": "10", "order_number": "17", "paid_on": "2026-01-15", field: value}
    answer = olga.submit(f"/admin/bills/{cast.north}/{bill_id}", form)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    assert balance(app, cast.north) == 0


def test_a_bill_needs_both_parties_and_says_whose_details_are_missing(
    app: Flask, cast: Cast, anna: Browser, boris: Browser
) -> None:
    answer = anna.submit("/top-up/bill", {"amount": "10"})
    assert (answer.status_code, "Провайдер ещё не указал" in answer.get_data(as_text=True)) == (422, True)
    tell_seller(app)
    answer = anna.submit("/top-up/bill", {"amount": "10"})
    assert (answer.status_code, "Сначала укажите реквизиты" in answer.get_data(as_text=True)) == (422, True)
    tell_buyer(app, cast.north)
    assert boris.submit("/top-up/bill", {"amount": "10"}).status_code == 403
    assert order(anna) > 0


@pytest.mark.usefixtures("parties")
def test_the_stranger_finds_no_bill(app: Flask, cast: Cast, anna: Browser, clara: Browser) -> None:
    bill_id = order(anna)
    for path in ("", "/file"):
        assert clara.get(f"/documents/papers/{bill_id}{path}").status_code == 404
    assert clara.submit(f"/documents/papers/{bill_id}/mail").status_code == 404
    assert clara.submit(f"/admin/bills/{cast.north}/{bill_id}", {"amount": "1"}).status_code == 403
