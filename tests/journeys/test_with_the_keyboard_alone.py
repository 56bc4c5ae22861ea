"""All of it without a pointer; the focus is never lost."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import GLEB, VERA, Company
from tests.journeys.visit import tab_to
from tests.people import PASSWORD
from tests.support.chromium import NARROW, open_context
from tests.support.installation import Installation
from tests.support.receiver import Receiver

pytestmark = pytest.mark.browser


def test_a_person_signs_in_skips_the_menu_and_opens_a_page_of_it(
    browser: Browser, demo: Installation, company: Company
) -> None:
    with open_context(browser) as context:
        tab = context.new_page()
        tab.goto(f"{demo.url}/login")
        expect(tab.locator("input[name=email]")).to_be_focused()
        tab.keyboard.type(company.admin)
        tab.keyboard.press("Tab")
        tab.keyboard.type(PASSWORD)
        tab.keyboard.press("Enter")
        tab.wait_for_url(f"{demo.url}/")

        tab.keyboard.press("Tab")
        expect(tab.locator(".skip")).to_be_focused()
        expect(tab.locator(".skip")).to_be_in_viewport()
        tab.keyboard.press("Enter")
        expect(tab.locator("main")).to_be_focused()

        tab.reload()
        tab_to(tab, tab.locator('.nav a[href="/integration"]'))
        tab.keyboard.press("Enter")
        expect(tab).to_have_url(f"{demo.url}/integration")


def test_the_order_is_changed_by_its_buttons_and_the_focus_goes_with_the_row(page: Page) -> None:
    names = page.locator("#receivers li:has(:checked) label")
    expect(names).to_have_text([GLEB, VERA])

    tab_to(page, page.get_by_role("button", name=f"Выше: {VERA}"))
    page.keyboard.press("Enter")

    expect(names).to_have_text([VERA, GLEB])
    # At the top it can go no further; the focus is on the button beside.
    expect(page.get_by_role("button", name=f"Ниже: {VERA}")).to_be_focused()


def test_a_dialog_keeps_the_focus_and_gives_it_back(page: Page) -> None:
    opener = page.get_by_role("button", name="Заменить ключ…")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    dialog = page.locator("#rotate-key")
    expect(dialog.get_by_role("button", name="Отмена")).to_be_focused()

    visited = []
    for _step in range(12):
        page.keyboard.press("Tab")
        # Past the last control the focus is the browser's own for one step: `body` to the page.
        visited.append(page.evaluate("document.activeElement.closest('dialog')?.id ?? document.activeElement.tagName"))
    assert set(visited) <= {"rotate-key", "BODY"}
    assert visited.count("rotate-key") >= 8

    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(opener).to_be_focused()


def test_a_removal_is_undone_from_its_toast(page: Page, receiver: Receiver) -> None:
    tab_to(page, page.locator("#webhook-list input[name=url]"))
    page.keyboard.type(receiver.url)
    page.keyboard.press("Enter")
    row = page.locator("#webhook-rows tbody tr")
    expect(row).to_have_count(1)

    tab_to(page, page.locator("#webhook-rows [id^=remove-webhook-]"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(row).to_have_count(0)
    tab_to(page, page.locator("[data-toast-undo] button").last)
    page.keyboard.press("Enter")

    expect(row).to_have_count(1)


def test_after_saving_the_focus_stays_and_after_a_refusal_it_goes_to_the_summary(page: Page) -> None:
    tab_to(page, page.locator("#strategy-save"))
    with page.expect_response("**/integration/strategy"):
        page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Стратегия")
    expect(page.locator("#strategy-save")).to_be_focused()

    tab_to(page, page.locator("#ring_seconds"), "Shift+Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator("#strategy [data-error-summary]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#ring_seconds")).to_be_focused()
    expect(page.locator("#ring_seconds")).to_have_value("1")


def test_the_menu_of_a_phone_and_the_list_of_shortcuts_close_by_escape(page: Page) -> None:
    page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    opener = page.locator(".top-menu")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(page.locator("#side")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#side")).not_to_be_visible()
    expect(opener).to_be_focused()

    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shortcuts")).not_to_be_visible()


def test_a_slash_leads_to_the_search_unless_somebody_types_one(page: Page, demo: Installation) -> None:
    page.goto(f"{demo.url}/calls")
    page.keyboard.press("/")
    expect(page.locator("#filter-q")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator("#filter-q")).to_have_value("a/b")
