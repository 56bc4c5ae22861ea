"""Olga runs an installation from the browser: opens an account, gives it a phone and money, and looks in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.pages import too_wide
from tests.journeys.visit import visit
from tests.people import OLGA
from tests.support.axe import findings
from tests.support.installation import Installation

pytestmark = pytest.mark.browser

BARS = {"ru-RU": "Вы видите кабинет как", "en-GB": "You see the cabinet as"}


@pytest.mark.parametrize(("locale", "has_scripts"), [("ru-RU", True), ("en-GB", False)])
def test_from_a_new_account_to_a_look_from_inside(
    browser: Browser, demo: Installation, locale: str, *, has_scripts: bool
) -> None:
    bar = BARS[locale]
    name = f"West {locale}"
    with visit(
        browser, demo.url, OLGA.email, demo.password, "/admin", locale=locale, java_script_enabled=has_scripts
    ) as context:
        tab = context.pages[0]
        tab.locator(".page-actions a").click()
        tab.locator("#name").fill(name)
        tab.locator("main form button[type=submit]").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text(name)

        tab.locator('a[href$="/lines/sip/new"]').click()
        tab.locator("#name").fill("00000000911")
        tab.locator("main form button[type=submit]").click()
        expect(tab.locator("#lines")).to_contain_text("SIP/00000000911")
        tab.locator('form[action$="/off"] button').click()
        expect(tab.locator('form[action$="/on"]')).to_be_visible()

        tab.locator('main a[href$="/money"]').click()
        tab.locator("#amount").fill("250,50")
        tab.locator("#reason").fill("For a good beginning")
        tab.locator("main form button[type=submit]").click()
        expect(tab.locator(".stats")).to_contain_text(re.compile("250[.,]50"))

        tab.goto(f"{demo.url}/admin/accounts/1")
        tab.locator('form[action$="/visit"] button').first.click()
        expect(tab.locator("#visit")).to_contain_text(bar)
        if has_scripts:
            assert not findings(tab)
            assert not list(too_wide(tab))
        tab.goto(f"{demo.url}/integration")
        expect(tab.locator("#visit")).to_contain_text(bar)
        tab.locator("#visit button").click()
        expect(tab.locator("#visit")).to_have_count(0)
