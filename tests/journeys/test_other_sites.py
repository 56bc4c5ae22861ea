"""What another site's page may have of the cabinet: nothing."""

import pytest
from playwright.sync_api import Browser, Page

from tests.support.installation import Installation
from tests.support.receiver import Answer, Receiver

pytestmark = pytest.mark.browser
_FETCHED = "url => fetch(url, {mode: 'no-cors', credentials: 'include'}).then(() => 'had', () => 'refused')"


def test_neither_pages_nor_files_nor_records_are_given_to_another_site(
    page: Page, browser: Browser, demo: Installation, receiver: Receiver
) -> None:
    """C6: the browser itself refuses them; what does not say so can be had."""
    receiver.answer(Answer(200, b"<!doctype html><title>Elsewhere</title>", {"Content-Type": "text/html"}))
    style = page.locator("link[rel=stylesheet]").first.get_attribute("href") or ""
    # A context of its own: here the browser is to complain.
    context = browser.new_context()
    try:
        tab = context.new_page()
        tab.goto(receiver.url)
        assert tab.evaluate(_FETCHED, receiver.url.replace("127.0.0.1", "localhost")) == "had"
        for path in ("/login", style, "/api.php/telephony/get_calls", f"/calls/{'0' * 32}/record"):
            assert tab.evaluate(_FETCHED, f"{demo.url}{path}") == "refused", path
    finally:
        context.close()
