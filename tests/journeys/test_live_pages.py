"""Open pages follow what happens, and stay as they are otherwise."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.company import GLEB, Company
from tests.journeys.visit import is_still_whole, stays_whole
from tests.support.installation import Installation

pytestmark = pytest.mark.browser


def _call(demo: Installation, company: Company) -> str:
    return demo.run("call", "incoming", "--account", str(company.account_id), "--from", "+7 903 111-22-33")


def test_a_call_shows_itself_on_two_open_tabs_and_is_ended_on_both(
    context: BrowserContext, demo: Installation, company: Company
) -> None:
    tabs = [context.pages[0], context.new_page()]
    for tab in tabs:
        with tab.expect_response("**/live"):
            tab.goto(f"{demo.url}/")
        stays_whole(tab)

    api_call_id = _call(demo, company)

    for tab in tabs:
        expect(tab.locator(f'#live-calls a[href="/calls/{api_call_id}"]')).to_be_visible()
        expect(tab.locator("#live-calls li", has_text=GLEB)).to_contain_text("говорит", timeout=10_000)
    tabs[0].locator("#live-calls [id^=hang-up-]").click()
    for tab in tabs:
        expect(tab.locator("#live-calls .live-call")).to_have_count(0, timeout=10_000)
        expect(tab.locator("#figures .stat", has_text="Звонков сегодня").locator(".stat-value")).to_have_text("1")
        is_still_whole(tab)


def test_the_log_tells_of_a_new_call_without_moving(page: Page, demo: Installation, company: Company) -> None:
    for _earlier in range(2):
        _call(demo, company)
    page.goto(f"{demo.url}/calls")
    rows = page.locator("#call-table tbody tr")
    expect(rows).to_have_count(2)
    expect(page.locator(".live-pill")).not_to_be_visible()
    place = rows.first.bounding_box()

    api_call_id = _call(demo, company)

    expect(page.locator(".live-pill")).to_be_visible(timeout=10_000)
    expect(rows).to_have_count(2)
    assert rows.first.bounding_box() == place
    page.locator(".live-pill a").click()
    expect(rows).to_have_count(3)
    expect(rows.first.locator(f'a[href="/calls/{api_call_id}"]').first).to_be_visible()


def test_an_open_page_of_a_call_follows_it_to_its_record(page: Page, demo: Installation, company: Company) -> None:
    api_call_id = _call(demo, company)
    page.goto(f"{demo.url}/calls/{api_call_id}")
    stays_whole(page)
    hang_up = page.get_by_role("button", name="Завершить")
    expect(page.locator("#timeline .leg", has_text=GLEB)).to_contain_text("отвечен", timeout=15_000)

    hang_up.click()
    page.go_back()

    expect(page.locator("#player [data-player-toggle]")).to_be_visible(timeout=15_000)
