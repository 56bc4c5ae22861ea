"""An installation that sends mail: a forgotten password, and the operator's page of what a server does not take."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.visit import WAYS, reload_until, sign_in, visit
from tests.people import OLGA
from tests.support.chromium import open_context
from tests.support.installation import Installation
from tests.support.postbox import SENDER, Postbox
from tests.support.postgres import free_port

pytestmark = pytest.mark.browser

FORGETFUL = {"ru-RU": "boris@north.example", "en-GB": "anna@north.example"}
NEW = "seven lilac tractors"
ways = pytest.mark.parametrize("way", WAYS)
_LINK = re.compile(r"https?://\S+/reset/\S+")


@pytest.fixture(scope="module")
def taker() -> Iterator[Postbox]:
    """The mail server of the installation."""
    with Postbox() as running:
        yield running


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory, taker: Postbox) -> Iterator[Installation]:
    port = str(free_port())
    settings = {
        "PORTAL_MAIL_URL": f"smtp://127.0.0.1:{taker.port}",
        "PORTAL_MAIL_FROM": SENDER,
        # Links go by mail only where the installation knows its own address.
        "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    options = ("--quiet", "--calls", "20", "--port", port)
    with Installation(tmp_path_factory.mktemp("by-letter"), *options, **settings) as running:
        yield running


@ways
def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(
    browser: Browser, mailing: Installation, taker: Postbox, way: dict[str, Any]
) -> None:
    email = FORGETFUL[way["locale"]]
    before = len(taker.letters)
    with open_context(browser, **way) as context:
        tab = context.new_page()
        tab.goto(f"{mailing.url}/login")
        tab.locator("a[href*='/forgotten']").click()
        tab.locator("[name=email]").fill(email)
        tab.locator("main form button").click()
        letter = taker.wait_for(before + 1, 60)[-1]
        assert letter.recipient == email
        found = _LINK.search(letter.text)
        assert found, letter.text
        tab.goto(found[0])
        tab.locator("[name=password]").fill("password1234")
        tab.locator("main form button[type=submit]").click()
        expect(tab.locator(".field-error")).to_be_visible()
        tab.locator("[name=password]").fill(NEW)
        tab.locator("main form button[type=submit]").click()
        tab.wait_for_load_state()
        tab.goto(found[0])
        expect(tab.locator("[name=password]")).to_have_count(0)
    with open_context(browser, **way) as context:
        sign_in(context.new_page(), mailing.url, email, NEW, "/calls")


@ways
def test_the_operator_sees_what_no_server_took_and_throws_it_away(
    browser: Browser, mailing: Installation, taker: Postbox, way: dict[str, Any]
) -> None:
    with visit(browser, mailing.url, OLGA.email, mailing.password, "/admin/mail", **way) as context:
        tab = context.pages[0]
        before = len(taker.letters)
        tab.locator(".page-actions button").click()
        assert taker.wait_for(before + 1, 60)[-1].recipient == OLGA.email

        taker.refuse["RCPT"] = "550 No such mailbox"
        try:
            tab.locator(".page-actions button").click()
            tab.goto(f"{mailing.url}/admin/mail?state=given-up")
            reload_until(tab, tab.locator("tbody tr"))
        finally:
            taker.refuse.clear()
        expect(tab.locator("tbody tr").first).to_contain_text("No such mailbox")
        tab.locator("form[action$='/discard'] button").first.click()
        expect(tab.locator("tbody tr")).to_have_count(0)
