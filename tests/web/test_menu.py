"""The menu says where one is: on an entry's page, and on every page below it."""

from __future__ import annotations

import re

import pytest

from tests.browser import Browser

PLACES = {
    "/": "/",
    "/calls": "/calls",
    "/calls/new": "/calls",
    "/contacts/new": "/contacts",
    "/documents": "/documents",
    "/documents/2026/10": "/documents",
    "/support/new": "/support",
    "/callsigns": None,
}
OPERATORS_PLACES = {"/admin": "/admin", "/admin/support": "/admin/support", "/admin/support/1/2": "/admin/support"}


@pytest.mark.parametrize("url", PLACES)
def test_the_nearest_entry_is_marked(anna: Browser, url: str) -> None:
    assert _marked(anna, url) == PLACES[url]


@pytest.mark.parametrize("url", OPERATORS_PLACES)
def test_the_operators_menu_marks_the_nearest_too(olga: Browser, url: str) -> None:
    assert _marked(olga, url) == OPERATORS_PLACES[url]


def _marked(browser: Browser, url: str) -> str | None:
    page = browser.get(url).get_data(as_text=True)
    marked: list[str] = re.findall(r'<a href="([^"]+)" aria-current="page">', page)
    assert len(marked) <= 1
    return marked[0] if marked else None
