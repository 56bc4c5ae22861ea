"""A webhook at work: tests, what was sent and what came back, repeats, a pause, what did not arrive, its secret.

Once in Russian with scripts, once in English without them, narrow and dark.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import update

from portal.kernel.clock import now
from portal.kernel.db import ring, transaction
from portal.webhooks.models import DeliveryState, WebhookDelivery
from portal.webhooks.outbox import BELL
from portal.webhooks.sending.schedule import END
from tests.journeys.company import Company
from tests.journeys.pages import too_wide
from tests.journeys.visit import reload_until, visit
from tests.people import PASSWORD
from tests.support.chromium import NARROW, WIDE
from tests.support.installation import Installation
from tests.support.receiver import Answer, Received, Receiver
from tests.webhooks.world import Company as Calls

pytestmark = pytest.mark.browser

LOOKS: dict[str, dict[str, Any]] = {
    "russian, with scripts": {"locale": "ru-RU", "viewport": WIDE},
    "english, without": {
        "locale": "en-GB",
        "viewport": NARROW,
        "color_scheme": "dark",
        "java_script_enabled": False,
    },
}
NO_PAGE = Answer(500, b"<b>income.php</b> is closed", {"X-Why": "stock-taking"})


@dataclass
class Desk:
    """The page of a webhook, the calls of its company, and its receiver."""

    tab: Page
    calls: Calls
    receiver: Receiver
    url: str
    is_live: bool

    def opens(self, place: str = "") -> None:
        """The webhook's page, or one behind it."""
        self.tab.goto(f"{self.url}{place}")

    def sees(self, sight: Locator) -> None:
        """By itself where scripts run, by loading the page anew where they do not."""
        if not self.is_live:
            reload_until(self.tab, sight)
        expect(sight).to_be_visible()

    def told(self, count: int) -> Received:
        """The latest request, as soon as so many have come."""
        return self.receiver.wait_for(count, timeout=60)[-1]

    def presses(self, button: str) -> None:
        self.tab.locator(button).click()


@pytest.fixture(params=list(LOOKS))
def desk(
    request: pytest.FixtureRequest, browser: Browser, demo: Installation, company: Company, receiver: Receiver
) -> Iterator[Desk]:
    """A webhook that was just added, in a company that had a call before."""
    look, calls = LOOKS[request.param], Calls(company.app, company.account_id)
    calls.ends("0" * 32)
    with visit(browser, demo.url, company.admin, PASSWORD, "/webhooks", **look) as context:
        tab = context.pages[0]
        tab.locator("#webhook-list input[name=url]").fill(f"{receiver.url}/crm?tenant=7")
        tab.locator("#webhook-list select[name=event]").select_option("call-finished")
        tab.locator("#add-webhook").click()
        href = str(tab.locator("#webhook-rows a.url").get_attribute("href"))
        yield Desk(tab, calls, receiver, f"{demo.url}{href}", look.get("java_script_enabled", True))


def test_a_test_is_shown_as_it_goes_out_and_a_failure_as_it_came_back(desk: Desk) -> None:
    tab = desk.tab
    desk.opens()
    expect(tab.locator("#deliveries .notice")).to_have_count(0)

    desk.opens("/test")
    line = tab.locator("#wire").inner_text().splitlines()[0]
    desk.presses("#send-test")
    sent = desk.told(1)
    assert f"GET {sent.target} HTTP/1.1" == line
    assert sent.headers["webhook-test"] == "true"
    desk.sees(tab.locator("#attempt-1 .badge", has_text="200"))

    desk.receiver.answer(NO_PAGE, Answer())
    desk.calls.ends("a" * 32)
    desk.told(2)
    desk.opens()
    row = tab.locator("#deliveries tbody tr", has_text="aaaaaaaa")
    desk.sees(row.locator(".badge", has_text="500"))
    expect(row.locator("time[data-countdown]")).to_be_visible()
    _no_page_is_too_wide(tab)
    row.locator("a").first.click()

    attempt = tab.locator("#attempt-1")
    for words in (f"127.0.0.1:{desk.receiver.port}", "X-Why: stock-taking", "<b>income.php</b> is closed", "curl -i"):
        expect(attempt).to_contain_text(words)
    expect(attempt.locator("pre").first).to_contain_text("tenant=7&num_a=79039998877")
    expect(attempt.locator("figure, svg").first).to_be_visible()
    _no_page_is_too_wide(tab)

    tab.locator(".page-actions button").click()
    desk.told(3)
    desk.sees(tab.locator("#attempt-2 .badge", has_text="200"))


def test_what_a_pause_kept_and_what_was_dropped_or_failed_is_sent_in_the_end(desk: Desk) -> None:
    tab = desk.tab
    desk.opens()
    desk.presses("form[action$='/pause'] button")
    for letter in "bc":
        desk.calls.ends(letter * 32)
    desk.opens()
    desk.presses(".page-actions button[commandfor=resume]")
    tab.locator("#resume input[value=drop]").check()
    desk.presses("#resume form button[type=submit]")
    expect(tab.locator("form[action$='/pause'] button")).to_be_visible()

    # Two were dropped, one was given up: the page counts three, and the call of before the webhook is none of them.
    desk.receiver.answer(NO_PAGE, NO_PAGE, Answer())
    desk.calls.ends("d" * 32)
    _is_given_up(desk.calls)
    desk.opens()
    expect(tab.locator("#deliveries .notice--bad")).to_contain_text("3")

    desk.opens("/resend")
    _no_page_is_too_wide(tab)
    expect(tab.locator("#repeat-failed")).to_contain_text("1")
    desk.presses("#repeat-failed")
    assert "api_call_id=dddd" in desk.told(3).target
    desk.opens("/resend")
    expect(tab.locator("#catch-up")).to_contain_text("2")
    desk.presses("#catch-up")
    desk.told(5)
    desk.opens("?state=delivered")
    desk.sees(tab.locator("#deliveries tbody tr").nth(2))
    expect(tab.locator("#deliveries tbody tr")).to_have_count(3)

    tab.locator("#api-call-id").fill("b" * 32)
    tab.locator(".filter-form button").click()
    expect(tab.locator("#deliveries tbody tr")).to_have_count(1)
    # It has told of one event alone: there is none to choose.
    expect(tab.locator("#event")).to_have_count(0)
    tab.locator("#api-call-id").fill("9" * 32)
    tab.locator(".filter-form button").click()
    expect(tab.locator("#deliveries .empty a")).to_be_visible()


def test_a_secret_is_replaced_and_both_sign_for_a_while(desk: Desk) -> None:
    tab = desk.tab
    desk.opens("/edit")
    tab.locator("input[name=method][value=POST]").check()
    desk.presses("form[action$='/edit'] button[type=submit]")
    expect(tab.locator(".page-actions")).to_be_visible()
    desk.calls.ends("e" * 32)
    signed = desk.told(1)
    assert signed.method == "POST"
    assert len(signed.headers["webhook-signature"].split()) == 1

    desk.opens("/edit")
    desk.presses("#signing .foot button[commandfor=rotate-secret]")
    desk.presses("#rotate-secret form button[type=submit]")
    expect(tab.locator("#signing")).to_be_visible()
    desk.opens("/edit")
    _no_page_is_too_wide(tab)
    desk.presses("#secret-show")
    expect(tab.locator("#secret")).to_contain_text("whsec_")
    expect(tab.locator("#secret")).not_to_contain_text("•")
    desk.calls.ends("f" * 32)
    both = desk.told(2).headers["webhook-signature"].split()
    assert len(both) == 2
    assert all(each.startswith("v1,") for each in both)


def _is_given_up(calls: Calls) -> None:
    """The three days of the delivery that waits are over but for its last try, which is due."""
    # Before its first try it waits as well.
    calls.wait_until(DeliveryState.WAITING, tried=1)
    with calls.app.app_context(), transaction(calls.id) as session:
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.state == DeliveryState.WAITING)
            .values(step=len(END.steps) - 1, due_at=now())
        )
        ring(BELL)
    calls.wait_until(DeliveryState.FAILED)


def _no_page_is_too_wide(tab: Page) -> None:
    size = tab.viewport_size
    assert size
    assert not list(too_wide(tab, [size["width"]]))
