"""The menu says where one is: on an entry's page, and on every page below it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from portal.accounts.services import find_user
from portal.kernel.db import transaction
from tests.browser import Browser
from tests.people import ANNA, BORIS, DARIA, OLGA, Cast, Person

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


@pytest.mark.parametrize(
    ("person", "least"),
    [(ANNA, 17), (BORIS, 13), (DARIA, 9), (OLGA, 12)],
    ids=["admin", "viewer", "manager", "operator"],
)
def test_every_entry_opens_a_page(browse: Callable[[Person], Browser], person: Person, least: int) -> None:
    browser = browse(person)
    entries = _entries(browser, "/profile")

    assert len(entries) >= least
    assert not [url for url in entries if browser.get(url).status_code != 200]


def test_every_entry_opens_to_the_operator_who_looks_in(app: Flask, cast: Cast, olga: Browser) -> None:
    with app.app_context(), transaction(writes=False):
        anna = find_user(ANNA.email).id
    olga.submit(f"/admin/accounts/{cast.north}/people/{anna}/visit")
    entries = _entries(olga, "/calls")

    assert len(entries) >= 12
    assert not [url for url in entries if olga.get(url).status_code != 200]


def _entries(browser: Browser, url: str) -> list[str]:
    """Where the menu leads to."""
    page = browser.get(url).get_data(as_text=True)
    menus: list[str] = re.findall(r'<nav class="nav".*?</nav>', page, re.DOTALL)
    return [url for menu in menus for url in re.findall(r'<a href="([^"]+)"', menu)]


def _marked(browser: Browser, url: str) -> str | None:
    page = browser.get(url).get_data(as_text=True)
    marked: list[str] = re.findall(r'<a href="([^"]+)" aria-current="page">', page)
    assert len(marked) <= 1
    return marked[0] if marked else None
