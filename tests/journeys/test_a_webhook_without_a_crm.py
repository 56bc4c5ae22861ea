"""An admin who has no CRM yet: a capture page, a webhook to it, a call, and all of it seen."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.company import Company
from tests.support.installation import Installation

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
