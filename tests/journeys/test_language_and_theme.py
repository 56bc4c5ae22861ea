"""Language and theme are chosen on any page and kept on the server."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.installation import Installation

pytestmark = pytest.mark.browser


def test_a_choice_keeps_the_page_with_its_filters(page: Page, demo: Installation) -> None:
    url = f"{demo.url}/calls?direction=in&outcome=missed"
    page.goto(url)
    expect(page.locator("h1")).to_have_text("Журнал звонков")

    page.locator("#preferences button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(url)
    page.locator("#preferences button[name=locale][value=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(url)

    expect(page.locator("h1")).to_have_text("Call log")
    expect(page.locator("#preferences button[name=theme][value=dark]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#preferences button[name=locale][value=en]")).to_have_attribute("aria-pressed", "true")


def test_a_dark_page_is_dark_before_its_style_sheet_has_come(page: Page, demo: Installation) -> None:
    page.emulate_media(color_scheme="light")
    page.locator("#preferences button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    first_bytes = page.request.get(f"{demo.url}/integration").text().lstrip()[:60]
    assert 'data-theme="dark"' in first_bytes

    page.route("**/*.css", lambda route: route.fulfill(content_type="text/css", body=""))
    page.reload()
    # What the browser paints where no style says anything.
    page.evaluate("document.documentElement.style.backgroundColor = 'Canvas'")
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert all(int(part) < 64 for part in re.findall(r"\d+", paper)), paper
