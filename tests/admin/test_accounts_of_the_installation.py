"""The operator sees every account and may stop one; nobody else gets near."""

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Account
from portal.accounts.trail.models import AuditEntry
from portal.billing.services import credit
from portal.kernel.db import transaction
from tests.browser import Browser
from tests.people import OLGA, Cast


def is_blocked(app: Flask, account_id: int) -> bool:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.get_one(Account, account_id).is_blocked


def test_it_lists_every_account_with_its_money(app: Flask, cast: Cast, olga: Browser) -> None:
    with app.app_context(), transaction(cast.south):
        credit(Decimal("512.40"), "bank-1", "")

    page = olga.get("/admin").get_data(as_text=True)

    assert "North" in page
    assert "South" in page
    assert "512,40" in page


def test_she_blocks_an_account_and_takes_it_back(app: Flask, cast: Cast, olga: Browser) -> None:
    answer = olga.submit(f"/admin/accounts/{cast.north}/block")

    assert answer.status_code == 303
    assert is_blocked(app, cast.north)
    assert not is_blocked(app, cast.south)
    assert f"/admin/accounts/{cast.north}/unblock" in olga.get("/admin").get_data(as_text=True)
    olga.submit(f"/admin/accounts/{cast.north}/unblock")
    assert not is_blocked(app, cast.north)
    with app.app_context(), transaction(cast.north, writes=False) as session:
        lines = session.execute(select(AuditEntry.action, AuditEntry.actor).order_by(AuditEntry.id)).all()
    assert [tuple(line) for line in lines[-2:]] == [("account.block", OLGA.email), ("account.unblock", OLGA.email)]


def test_an_account_that_is_not_there_is_not_found(olga: Browser) -> None:
    assert olga.submit("/admin/accounts/999999/block").status_code == 404


@pytest.mark.parametrize("who", ["anna", "boris", "clara"])
def test_members_of_companies_are_refused(request: pytest.FixtureRequest, app: Flask, cast: Cast, who: str) -> None:
    browser: Browser = request.getfixturevalue(who)

    assert browser.get("/admin").status_code == 403
    assert browser.submit(f"/admin/accounts/{cast.north}/block").status_code == 403
    assert not is_blocked(app, cast.north)


def test_the_operator_has_no_company_of_her_own(olga: Browser) -> None:
    assert olga.get("/calls").status_code == 403
    assert olga.get("/").status_code == 303
