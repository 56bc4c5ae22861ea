"""An admin who has no CRM yet: a capture page, a webhook to it, a call, and all of it seen."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import Company
from tests.journeys.visit import reload_until, visit
from tests.people import PASSWORD
from tests.support.chromium import NARROW
from tests.support.installation import Installation
from tests.webhooks.world import Company as Calls

pytestmark = pytest.mark.browser


def test_a_call_is_seen_arriving_while_the_page_stands_open(page: Page, demo: Installation, company: Company) -> None:
    page.goto(f"{demo.url}/webhooks/capture")
    page.locator("#open-capture").click()
    page.locator("#add-capture").click()
    expect(page.locator("#captured")).to_be_visible()

    demo.run("call", "incoming", "--account", str(company.account_id))

    first = page.locator("#captured article").first
    expect(first).to_contain_text("num_a")
    expect(first).to_contain_text("кто звонит")


def test_without_scripts_it_is_there_when_the_page_is_loaded_anew(
    browser: Browser, demo: Installation, company: Company
) -> None:
    look = {"locale": "en-GB", "viewport": NARROW, "java_script_enabled": False}
    with visit(browser, demo.url, company.admin, PASSWORD, "/webhooks/capture", **look) as context:
        tab = context.pages[0]
        tab.locator("#open-capture").click()
        tab.locator("select[name=event]").select_option("call-finished")
        tab.locator("#add-capture").click()
        Calls(company.app, company.account_id).ends()

        first = tab.locator("#captured article").first
        reload_until(tab, first)
        expect(first).to_contain_text("79039998877")
        expect(first).to_contain_text("who calls")
