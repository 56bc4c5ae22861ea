"""What is one company's is nobody else's."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import GLEB, Company
from tests.journeys.visit import visit
from tests.people import CLARA
from tests.support.installation import Installation
from tests.support.receiver import Receiver

pytestmark = pytest.mark.browser


def test_clara_sees_nothing_of_a_company_that_is_not_hers(
    page: Page, browser: Browser, demo: Installation, company: Company, receiver: Receiver
) -> None:
    page.locator("#webhook-list input[name=url]").fill(receiver.url)
    page.locator("#add-webhook").click()
    hook = page.locator("#webhook-rows a.url").get_attribute("href") or ""
    with visit(browser, demo.url, CLARA.email, demo.password) as hers:
        tab = hers.pages[0]
        heard: list[str] = []
        tab.on("request", lambda request: heard.append(request.url) if "/static/" not in request.url else None)
        before = tab.locator("#money").inner_text()

        page.locator("#test-call").click()
        expect(page.locator("#live-calls li", has_text=GLEB)).to_contain_text("говорит")
        call = page.locator("#live-calls .live-call a").get_attribute("href") or ""
        caller = page.locator("#live-calls .live-call a").inner_text()
        page.locator("#live-calls [id^=hang-up-]").click()
        receiver.wait_for(1, timeout=30)
        expect(page.locator("#live-calls .live-call")).to_have_count(0)

        assert not heard, "her page was told of it"
        expect(tab.locator("#live-calls .live-call")).to_have_count(0)
        assert tab.locator("#money").inner_text() == before
        for path in (call, f"{call}/record", hook, f"{hook}/deliveries/1"):
            assert tab.request.get(f"{demo.url}{path}").status == 404
        for path in ("/calls", "/webhooks", "/contacts", "/balance"):
            tab.goto(f"{demo.url}{path}")
            assert caller not in tab.locator("main").inner_text()
            assert receiver.url not in tab.content()
