"""What people do on many journeys: come in, look at the header, wait for a page that does not move by itself."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.chromium import open_context

PATIENCE_SECONDS = 60
WAYS = [
    pytest.param({"locale": "ru-RU", "viewport": {"width": 1280, "height": 900}}, id="russian, 1280"),
    pytest.param(
        {
            "locale": "en-GB",
            "java_script_enabled": False,
            "color_scheme": "dark",
            "viewport": {"width": 360, "height": 800},
        },
        id="english, 360, dark, without scripts",
    ),
]
"""How a browser comes: the two that have least in common."""
_FIGURE = re.compile(r"[^\d,.\N{MINUS SIGN}]")


def sign_in(tab: Page, url: str, email: str, password: str, path: str = "/") -> None:
    """Through the form; ends on the page of this path."""
    tab.goto(f"{url}/login?next={path}")
    tab.locator("input[name=email]").fill(email)
    tab.locator("input[name=password]").fill(password)
    tab.locator("main form button[type=submit]").click()
    tab.wait_for_url(f"{url}{path}")


@contextmanager
def visit(
    browser: Browser, url: str, email: str, password: str, path: str = "/", **options: Any
) -> Iterator[BrowserContext]:
    """A browser in which this person has signed in; its first page stands at the path."""
    with open_context(browser, **options) as context:
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        sign_in(context.new_page(), url, email, password, path)
        yield context


def balance(tab: Page) -> Decimal:
    """The figure in the header."""
    return money(tab.locator("#money .money-balance dd").inner_text())


def money(text: str) -> Decimal:
    """The figure of an amount as a Russian page writes it."""
    return Decimal(_FIGURE.sub("", text).rstrip(".").replace(",", ".").replace("\N{MINUS SIGN}", "-"))


def reload_until(tab: Page, sight: Locator) -> None:
    """What a person without scripts does while the page shows the state of its moment."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not sight.is_visible():
        assert time.monotonic() < deadline, f"{sight} did not appear on {tab.url}"
        tab.reload()


def save_result(tab: Page, folder: Path) -> bytes:
    """What a job made, as soon as its page offers it."""
    link = tab.locator("a[href$='/result']")
    link.wait_for()
    with tab.expect_download() as download:
        link.click()
    path = folder / "result"
    download.value.save_as(path)
    return path.read_bytes()


def tab_to(tab: Page, goal: Locator, key: str = "Tab") -> None:
    """Walk to an element with the keyboard alone. AssertionError where the walk does not lead there."""
    for _step in range(200):
        if goal.evaluate("element => element === document.activeElement"):
            return
        tab.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {goal} on {tab.url}")


def stays_whole(tab: Page) -> None:
    """Mark the page, so that `is_still_whole` can tell that it was never loaded anew."""
    tab.evaluate("document.documentElement.dataset.mark = 'here'")


def is_still_whole(tab: Page) -> None:
    """AssertionError if the page was loaded anew since it was marked."""
    expect(tab.locator("html[data-mark=here]")).to_have_count(1)
