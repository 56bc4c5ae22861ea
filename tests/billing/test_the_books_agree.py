"""The balance is checked against the postings; where they differ, the operator hears of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, text

from portal.billing.commands import ledger
from portal.billing.ledger import post
from portal.billing.models import EntryKind, LedgerFault
from portal.billing.regular.books import check_days, check_postings
from portal.kernel.db import transaction
from portal.kernel.mail.models import OutgoingMail
from tests.browser import Browser
from tests.people import OLGA, Cast

WRONG = [
    "update account_balance set balance = balance + 10000 where account_id = :id",
    "update ledger_day set amount = amount - 1 where account_id = :id",
]


@pytest.fixture(autouse=True)
def _money(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north):
        post(EntryKind.PAYMENT, "bank-1", Decimal(100))
        post(EntryKind.CALL, "call-1", Decimal("-1.20"))


def spoil(app: Flask, account_id: int, statement: str) -> None:
    with app.app_context(), transaction(account_id) as session:
        session.execute(text(statement), {"id": account_id})


def faults(app: Flask, account_id: int) -> list[bool]:
    """Each fault there was: whether it still holds."""
    with app.app_context(), transaction(account_id, writes=False) as session:
        return [fault.ended_at is None for fault in session.scalars(select(LedgerFault).order_by(LedgerFault.id))]


def test_where_they_agree_nothing_is_said(app: Flask, cast: Cast, olga: Browser) -> None:
    with app.app_context():
        check_days(app)
        check_postings(app)

    assert faults(app, cast.north) == []
    assert app.test_cli_runner().invoke(ledger, ["verify"]).exit_code == 0


@pytest.mark.parametrize("statement", WRONG)
def test_where_they_differ_it_shouts_once(
    app: Flask, cast: Cast, olga: Browser, mailing: Flask, statement: str
) -> None:
    spoil(app, cast.north, statement)
    for _ in range(2):
        with app.app_context():
            check_days(app)

    assert faults(app, cast.north) == [True]
    assert faults(app, cast.south) == []
    assert "portal ledger verify" in olga.get("/admin").text
    with app.app_context(), transaction(writes=False) as session:
        assert session.scalars(select(OutgoingMail.recipient)).all() == [OLGA.email]
    told = app.test_cli_runner().invoke(ledger, ["verify", "--account", str(cast.north)])
    assert (told.exit_code, "WRONG" in told.output) == (1, True)


def test_when_they_agree_again_it_is_over(app: Flask, cast: Cast, olga: Browser) -> None:
    spoil(app, cast.north, WRONG[0])
    with app.app_context():
        check_postings(app)
    spoil(app, cast.north, WRONG[0].replace("balance +", "balance -"))
    with app.app_context():
        check_days(app)
    assert faults(app, cast.north) == [True], "what the postings showed wrong, the days alone do not clear"
    with app.app_context():
        check_postings(app)

    assert faults(app, cast.north) == [False]
    assert "portal ledger verify" not in olga.get("/admin").text


def test_the_days_alone_do_not_see_what_the_postings_do(app: Flask, cast: Cast) -> None:
    payment = "update ledger_day set amount = amount + 10000 where kind = 'payment' and account_id = :id"
    for statement in (WRONG[0], payment):
        spoil(app, cast.north, statement)
    with app.app_context():
        check_days(app)
    assert faults(app, cast.north) == []
    with app.app_context():
        check_postings(app)

    assert faults(app, cast.north) == [True]
