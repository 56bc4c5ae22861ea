"""A company decides how long its records are kept, and sees first what that deletes. With and without scripts."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.company import Company
from tests.journeys.visit import WAYS, visit
from tests.people import PASSWORD
from tests.support.installation import Installation

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("way", WAYS)
def test_a_number_of_days_is_chosen_after_a_look(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/records", **way) as context:
        tab = context.pages[0]
        tab.locator("input[name=keep][value=days]").check()
        tab.locator("[name=days]").fill("0")
        tab.locator("main form .btn--main").first.click()
        expect(tab.locator("#days-error")).to_be_visible()
        tab.locator("[name=days]").fill("90")
        tab.locator("main form .btn--main").first.click()
        tab.locator("#confirm .btn--danger").click()
        expect(tab.locator("input[name=keep][value=days]")).to_be_checked()
        expect(tab.locator("[name=days]")).to_have_value("90")
