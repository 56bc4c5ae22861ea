"""A company names whom to ask, and moves to another time zone. With and without scripts."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.company import Company
from tests.journeys.visit import WAYS, reload_until, visit
from tests.people import PASSWORD
from tests.support.installation import Installation

pytestmark = pytest.mark.browser
ways = pytest.mark.parametrize("way", WAYS)


@ways
def test_a_contact_person_is_named_and_taken_off(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/profile", **way) as context:
        tab = context.pages[0]
        tab.locator("a[href='/company']").click()
        tab.locator("a[href='/company/persons/new']").click()
        tab.locator("input[name=name]").fill("Вера Дубова")
        tab.locator("main form button[type=submit]").first.click()
        expect(tab.locator("#phone-error")).to_be_visible()
        expect(tab.locator("input[name=name]")).to_have_value("Вера Дубова")
        tab.locator("input[name=phone]").fill("8 903 111-22-33")
        tab.locator("main form button[type=submit]").first.click()
        expect(tab.locator("#persons tbody a[href='tel:+79031112233']")).to_be_visible()
        tab.locator("#persons form[action$='/remove'] button").click()
        expect(tab.locator("#persons .empty")).to_be_visible()


@ways
def test_the_days_move_to_another_zone(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/company", **way) as context:
        tab = context.pages[0]
        tab.locator("select[name=time_zone]").select_option("Asia/Vladivostok")
        tab.locator("#time-zone button[type=submit]").click()
        tab.wait_for_url(f"{demo.url}/jobs/*")
        reload_until(tab, tab.locator("main .badge--good"))
        tab.goto(f"{demo.url}/calls")
        expect(tab.get_by_text("Asia/Vladivostok").first).to_be_visible()
