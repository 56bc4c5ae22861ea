"""Open pages follow what happens, and stay as they are otherwise."""

import threading
import time

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.journeys.company import GLEB, Company
from tests.journeys.visit import is_still_whole, reload_until, stays_whole
from tests.support.installation import Installation
from tests.support.receiver import Answer, Receiver

pytestmark = pytest.mark.browser

_TOLD_AT_THE_END = "Завершение звонка"
_UNTIL_IT_IS_NOTED_AND_RUNG = 1.5
"""Seconds, of which it takes some hundredths."""


def test_a_call_shows_itself_on_two_open_tabs_and_is_ended_on_both(
    context: BrowserContext, demo: Installation, company: Company
) -> None:
    tabs = [context.pages[0], context.new_page()]
    for tab in tabs:
        with tab.expect_response("**/live?*"):
            tab.goto(f"{demo.url}/")
        stays_whole(tab)

    api_call_id = _call(demo, company)

    for tab in tabs:
        expect(tab.locator(f'#live-calls a[href="/calls/{api_call_id}"]')).to_be_visible()
        expect(tab.locator("#live-calls li", has_text=GLEB)).to_contain_text("говорит")
    tabs[0].locator("#live-calls [id^=hang-up-]").click()
    for tab in tabs:
        expect(tab.locator("#live-calls .live-call")).to_have_count(0)
        expect(tab.locator("#figures .stat", has_text="Звонков сегодня").locator(".stat-value")).to_have_text("1")
        is_still_whole(tab)


def test_the_log_tells_of_a_new_call_without_moving(page: Page, demo: Installation, company: Company) -> None:
    _place_and_end(page, demo, company)
    page.goto(f"{demo.url}/calls")
    reload_until(page, page.locator("#call-table a[data-play]"))
    rows = page.locator("#call-table tbody tr")
    expect(page.locator(".live-pill a")).not_to_be_visible()
    place = rows.first.bounding_box()

    api_call_id = _call(demo, company)

    expect(page.locator(".live-pill a")).to_be_visible(timeout=10_000)
    expect(rows).to_have_count(1)
    assert rows.first.bounding_box() == place
    assert _hidden_by_the_header(page, ".live-pill a") == 0
    page.locator(".live-pill a").click()
    expect(rows).to_have_count(2)
    expect(rows.first.locator(f'a[href="/calls/{api_call_id}"]').first).to_be_visible()


def test_an_open_page_of_a_call_follows_it_to_its_record(
    context: BrowserContext, demo: Installation, company: Company, receiver: Receiver
) -> None:
    beside, page = context.pages[0], context.new_page()
    beside.locator("#webhook-list input[name=url]").fill(receiver.url)
    beside.locator("#add-webhook").click()
    expect(beside.locator("#webhook-rows tbody tr")).to_have_count(1)
    api_call_id = _call(demo, company)
    expect(beside.locator("#live-calls li", has_text=GLEB)).to_contain_text("говорит")
    with page.expect_response("**/live?*"):
        page.goto(f"{demo.url}/calls/{api_call_id}")
    stays_whole(page)
    expect(page.locator("#timeline .leg", has_text=GLEB)).to_contain_text("на линии")

    beside.locator("#live-calls [id^=hang-up-]").click()

    expect(page.locator("#player [data-player-toggle]")).to_be_visible(timeout=15_000)
    expect(page.locator("#call-deliveries .row")).to_contain_text("доставлен")
    is_still_whole(page)


def test_what_changes_while_a_part_is_on_its_way_is_asked_for_once_more(
    context: BrowserContext, demo: Installation, company: Company, receiver: Receiver
) -> None:
    page, told = context.pages[0], threading.Event()
    receiver.answer(Answer(when=told))
    page.locator("#webhook-list input[name=url]").fill(receiver.url)
    page.locator("#add-webhook").click()
    expect(page.locator("#webhook-rows tbody tr")).to_have_count(1)
    api_call_id = _call(demo, company)
    expect(page.locator("#live-calls li", has_text=GLEB)).to_contain_text("говорит")
    with page.expect_response("**/live?*"):
        page.goto(f"{demo.url}/calls/{api_call_id}")

    def hold(route: Route) -> None:
        answer = route.fetch()
        if not told.is_set() and _TOLD_AT_THE_END in answer.text():
            told.set()
            time.sleep(_UNTIL_IT_IS_NOTED_AND_RUNG)
        route.fulfill(response=answer)

    page.route(f"**/calls/{api_call_id}", hold)
    page.locator("#hang-up").click()

    expect(page.locator("#call-deliveries .row")).to_contain_text("доставлен")


def test_a_player_that_is_fetched_anew_stays_a_player(page: Page, demo: Installation, company: Company) -> None:
    _place_and_end(page, demo, company)
    page.goto(f"{demo.url}/calls")
    reload_until(page, page.locator("#call-table a[data-play]"))
    page.locator("#call-table tbody tr a").first.click()
    toggle = page.locator("#player [data-player-toggle]")
    expect(toggle).to_be_visible()

    page.evaluate(_FETCH_PLAYER_ANEW)

    expect(page.locator("#player.fetched-anew")).to_have_count(0)
    expect(toggle).to_be_visible()
    expect(page.locator("#player audio")).not_to_be_visible()
    expect(page.locator("#player .wave--played")).to_have_count(1)


_FETCH_PLAYER_ANEW = """async () => {
    document.querySelector("#player").classList.add("fetched-anew");
    await htmx.ajax("GET", location.pathname, {target: "#player", select: "#player", swap: "outerMorph"});
}"""


_HIDDEN_BY_THE_HEADER = """wanted => {
    document.querySelector("main .card:has(.live-pill)").scrollIntoView();
    scrollBy(0, 40);
    const header = document.querySelector(".top").getBoundingClientRect();
    return Math.max(0, header.bottom - document.querySelector(wanted).getBoundingClientRect().top);
}"""


def _hidden_by_the_header(page: Page, wanted: str) -> float:
    """How many pixels of it are under the header when its card has been scrolled past it a little."""
    page.set_viewport_size({"width": 1280, "height": 200})
    return float(page.evaluate(_HIDDEN_BY_THE_HEADER, wanted))


def _call(demo: Installation, company: Company) -> str:
    return demo.run("call", "incoming", "--account", str(company.account_id), "--from", "+7 903 111-22-33")


def _place_and_end(tab: Page, demo: Installation, company: Company) -> None:
    tab.goto(f"{demo.url}/calls/live")
    _call(demo, company)
    expect(tab.locator("#live-calls li", has_text=GLEB)).to_contain_text("говорит")
    tab.locator("#live-calls [id^=hang-up-]").click()
    expect(tab.locator("#live-calls .live-call")).to_have_count(0)
