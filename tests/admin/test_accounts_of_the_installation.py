"""The operator sees every account, opens and stops one, and moves money by hand; nobody else gets near."""

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Account
from portal.accounts.trail.models import AuditEntry
from portal.billing.models import AccountBalance
from portal.billing.services import credit
from portal.kernel.db import transaction
from tests.browser import Browser
from tests.people import OLGA, Cast


def is_blocked(app: Flask, account_id: int) -> bool:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.get_one(Account, account_id).is_blocked


def balance_of(app: Flask, account_id: int) -> Decimal:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.scalar(select(AccountBalance.balance)) or Decimal(0)


def trail_of(app: Flask, account_id: int) -> list[tuple[str, str]]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        found = session.execute(select(AuditEntry.action, AuditEntry.actor).order_by(AuditEntry.number))
        return [(action, actor) for action, actor in found]


def test_it_lists_every_account_with_its_money(app: Flask, cast: Cast, olga: Browser) -> None:
    with app.app_context(), transaction(cast.south):
        credit(Decimal("512.40"), "bank-1", "")

    page = olga.get("/admin").get_data(as_text=True)

    assert "North" in page
    assert "South" in page
    assert "512,40" in page


def test_the_list_is_searched_and_filtered(app: Flask, cast: Cast, olga: Browser) -> None:
    olga.submit(f"/admin/accounts/{cast.south}/block")

    by_name = olga.get("/admin?q=nOr").get_data(as_text=True)
    by_number = olga.get(f"/admin?q={cast.south}").get_data(as_text=True)
    blocked = olga.get("/admin?state=blocked").get_data(as_text=True)

    assert [("North" in page, "South" in page) for page in (by_name, by_number, blocked)] == [
        (True, False),
        (False, True),
        (False, True),
    ]
    assert "North" not in olga.get("/admin?q=%25").get_data(as_text=True), "a percent sign is no wildcard"


def test_she_blocks_an_account_and_takes_it_back(app: Flask, cast: Cast, olga: Browser) -> None:
    answer = olga.submit(f"/admin/accounts/{cast.north}/block")

    assert answer.status_code == 303
    assert is_blocked(app, cast.north)
    assert not is_blocked(app, cast.south)
    assert f"/admin/accounts/{cast.north}/unblock" in olga.get(f"/admin/accounts/{cast.north}").get_data(as_text=True)
    olga.submit(f"/admin/accounts/{cast.north}/unblock")
    assert not is_blocked(app, cast.north)
    assert trail_of(app, cast.north)[-2:] == [("account.block", OLGA.email), ("account.unblock", OLGA.email)]


def test_she_opens_an_account_and_its_first_administrator_joins_by_the_link(app: Flask, olga: Browser) -> None:
    form = {"name": "West", "time_zone": "Asia/Omsk", "currency": "RUB", "email": "vera@west.example"}

    page = olga.submit("/admin/accounts/new", form).get_data(as_text=True)

    assert "/invite/" in page
    assert "West" in olga.get("/admin").get_data(as_text=True)


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"time_zone": "Mars/Base"}, {"currency": "roubles"}, {"email": "vera"}]
)
def test_what_cannot_be_opened_is_told_and_nothing_is_lost(olga: Browser, wrong: dict[str, str]) -> None:
    form = {"name": "West", "time_zone": "Asia/Omsk", "currency": "RUB", "email": "vera@west.example"} | wrong

    answer = olga.submit("/admin/accounts/new", form)

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert all(value in page for value in form.values())
    assert "West" not in olga.get("/admin").get_data(as_text=True)


def test_money_by_hand_counts_once_and_says_why(app: Flask, cast: Cast, olga: Browser) -> None:
    form = {"source": "hand-once", "direction": "take", "amount": "12,50", "reason": "A mistake of the bank"}

    for _press in range(2):
        assert olga.submit(f"/admin/accounts/{cast.north}/money", form).status_code == 303

    assert balance_of(app, cast.north) == Decimal("-12.50")
    assert balance_of(app, cast.south) == 0
    assert trail_of(app, cast.north)[-1] == ("ledger.adjust", OLGA.email)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "nothing"},
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "1e99"},
        {"reason": ""},
        {"source": "call-1"},
    ],
)
def test_money_that_cannot_be_moved_is_not(app: Flask, cast: Cast, olga: Browser, wrong: dict[str, str]) -> None:
    form = {"source": "hand-1", "direction": "add", "amount": "5", "reason": "A gift"} | wrong

    assert olga.submit(f"/admin/accounts/{cast.north}/money", form).status_code == 422

    assert balance_of(app, cast.north) == 0


@pytest.mark.parametrize(
    "url", ["/admin/accounts/999999", "/admin/accounts/999999/money", "/admin/accounts/999999/lines/sip/new"]
)
def test_an_account_that_is_not_there_is_not_found(olga: Browser, url: str) -> None:
    assert olga.get(url).status_code == 404
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
