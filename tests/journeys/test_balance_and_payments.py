"""The money of a company in the browser: the balance with its warnings and postings, and where the money went."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.company import Company
from tests.journeys.pages import too_wide
from tests.journeys.visit import balance, visit
from tests.people import PASSWORD
from tests.support.installation import Installation

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with scripts", "without"])
def test_from_a_warning_to_where_the_money_went(
    browser: Browser, demo: Installation, company: Company, has_scripts: bool
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/balance", java_script_enabled=has_scripts) as context:
        tab = context.pages[0]
        held = balance(tab)
        assert held > 0

        tab.fill("#below", f"{held + 100}".replace(".", ","))
        tab.locator("#warnings button[type=submit]").click()
        expect(tab.locator("#alerts")).to_contain_text("На счёте мало денег.")
        tab.goto(f"{demo.url}/balance?kind=payment")
        expect(tab.locator("#ledger .amount--in").first).to_be_visible()
        tab.goto(f"{demo.url}/payments")
        expect(tab.locator("#months table")).to_contain_text("0,00")
        tab.locator("#alerts").get_by_role("button", name="Скрыть").click()
        expect(tab.locator("#alerts")).not_to_contain_text("На счёте мало денег.")

        tab.locator("#preferences button[name=locale][value=en]").click()
        expect(tab.locator("h1")).to_have_text("Payment statistics")
        for path in ("/balance", "/payments"):
            tab.goto(f"{demo.url}{path}")
            if has_scripts:
                assert list(too_wide(tab)) == []
