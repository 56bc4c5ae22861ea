"""The key for the CRM: seen for a while only, and replaced without a break."""

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.journeys.company import Company
from tests.support.installation import Installation

pytestmark = pytest.mark.browser


def test_a_key_that_is_shown_covers_itself_after_half_a_minute(page: Page, company: Company) -> None:
    page.clock.install()
    page.reload()
    masked = page.locator("#key-value").inner_text()
    page.locator("#key-show").click()
    expect(page.locator("#key-value")).to_have_text(company.key())

    page.clock.run_for(29_000)
    expect(page.locator("#key-value")).to_have_text(company.key())
    page.clock.run_for(3_000)

    expect(page.locator("#key-value")).to_have_text(masked)
    assert company.key() not in page.content()


def test_a_replaced_key_answers_beside_the_new_one_until_it_is_ended(
    page: Page, demo: Installation, company: Company
) -> None:
    old = _copied(page)
    page.get_by_role("button", name="Заменить ключ…").click()
    page.locator("#rotate-key label", has_text="Работает ещё 1 час").click()
    page.locator("#rotate-key button[type=submit]").click()
    expect(page.locator("#api-key .key-old")).to_have_count(1)
    expect(page.locator("#rotate-key")).not_to_be_visible()

    new = _copied(page)
    assert (new, old) == (company.key(), old)
    assert new != old
    assert [_asks(demo, key) for key in (old, new)] == [200, 200]

    page.get_by_role("button", name="Завершить сейчас…").click()
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator("#api-key .key-old")).to_have_count(0)
    assert [_asks(demo, key) for key in (old, new)] == [401, 200]


def _copied(tab: Page) -> str:
    """The key as it comes into the clipboard by the button, which shows nothing."""
    shown = tab.locator("#key-value").inner_text()
    button = tab.locator("#api-key button[data-copy-post]")
    button.click()
    expect(button).to_have_attribute("data-is-copied", "")
    assert tab.locator("#key-value").inner_text() == shown
    text: str = tab.evaluate("navigator.clipboard.readText()")
    return text


def _asks(demo: Installation, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return requests.get(f"{demo.url}/api.php/telephony/get_calls", headers=headers, timeout=10).status_code
