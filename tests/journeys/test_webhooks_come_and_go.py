"""A webhook is added, refused where it cannot work, removed and taken back."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import Company
from tests.journeys.visit import visit
from tests.people import PASSWORD
from tests.support.installation import Installation
from tests.support.receiver import Receiver

pytestmark = pytest.mark.browser

URL = "#webhook-list input[name=url]"
ROWS = "#webhook-rows tbody tr"


def test_a_removed_webhook_comes_back_by_the_toast(page: Page, receiver: Receiver) -> None:
    _add(page, receiver.url)

    page.locator("#webhook-rows [id^=remove-webhook-]").click()
    expect(page.locator(ROWS)).to_have_count(0)
    page.locator("[data-toast] button", has_text="Вернуть").click()

    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(ROWS)).to_contain_text(receiver.url)
    expect(page.locator("#toasts")).to_contain_text("Вебхук снова на месте")


def test_without_scripts_it_comes_back_by_the_notice(
    browser: Browser, demo: Installation, company: Company, receiver: Receiver
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/integration", java_script_enabled=False) as context:
        tab = context.pages[0]
        _add(tab, receiver.url)

        tab.locator("#webhook-rows [id^=remove-webhook-]").click()
        expect(tab.locator(ROWS)).to_have_count(0)
        tab.get_by_role("button", name="Вернуть").click()

        expect(tab.locator(ROWS)).to_have_count(1)
        expect(tab).to_have_url(f"{demo.url}/integration")


def test_the_same_url_twice_is_refused_beside_the_field_and_stays_typed(page: Page, receiver: Receiver) -> None:
    _add(page, receiver.url)

    page.locator(URL).fill(f"{receiver.url}/")
    page.locator("#add-webhook").click()

    _is_refused(page, f"{receiver.url}/")
    expect(page.locator(ROWS)).to_have_count(1)


@pytest.mark.parametrize(
    "typed",
    [
        "ftp://crm.example.ru/calls",
        "crm.example.ru/calls",
        "https://",
        "https://user:word@crm.example.ru/",
        "http://10.0.0.5/calls",
        "http://169.254.169.254/latest",
    ],
)
def test_a_url_that_cannot_work_is_refused_beside_the_field_and_stays_typed(page: Page, typed: str) -> None:
    page.locator(URL).fill(typed)
    page.locator("#add-webhook").click()

    _is_refused(page, typed)
    expect(page.locator(ROWS)).to_have_count(0)


def test_without_scripts_a_bad_url_is_refused_the_same_way(
    browser: Browser, demo: Installation, company: Company
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/integration", java_script_enabled=False) as context:
        tab = context.pages[0]
        tab.locator(URL).fill("ftp://crm.example.ru/calls")
        tab.locator("#add-webhook").click()

        expect(tab.locator(URL)).to_have_value("ftp://crm.example.ru/calls")
        expect(tab.locator("#webhook-list .field-error")).to_be_visible()


def _add(tab: Page, url: str) -> None:
    tab.locator(URL).fill(url)
    tab.locator("#add-webhook").click()
    expect(tab.locator(ROWS)).to_have_count(1)


def _is_refused(tab: Page, typed: str) -> None:
    field = tab.locator(URL)
    expect(tab.locator("#webhook-list .field-error")).to_be_visible()
    expect(field).to_have_value(typed)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(tab.locator("#webhook-list [data-error-summary]")).to_be_focused()
