"""Coming in: an app's codes, a passkey, an invitation; what was done stands in the audit. With and without scripts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import Company
from tests.journeys.visit import sign_in, visit
from tests.people import PASSWORD
from tests.support.chromium import open_context
from tests.support.installation import Installation

pytestmark = pytest.mark.browser

WAYS: list[dict[str, Any]] = [{"locale": "ru-RU"}, {"locale": "en-GB", "java_script_enabled": False}]
ways = pytest.mark.parametrize("way", WAYS, ids=["russian with scripts", "english without"])
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def named(demo: Installation) -> str:
    """The demo by a name: a passkey belongs to one."""
    return demo.url.replace("127.0.0.1", "localhost")


@ways
def test_codes_of_an_app_and_of_paper_open_after_the_password(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/profile", **way) as context:
        tab = context.pages[0]
        tab.locator("a[href='/profile/second-factor']").first.click()
        tab.locator("form[action='/profile/second-factor/app'] button").click()
        expect(tab.locator("svg.qr")).to_be_visible()
        app = pyotp.TOTP(tab.locator("#secret").inner_text().replace(" ", ""))
        tab.locator("input[name=code]").fill("000000")
        tab.locator("main form button[type=submit]").first.click()
        expect(tab.locator(".field-error")).to_be_visible()
        tab.locator("input[name=code]").fill(app.now())
        tab.locator("main form button[type=submit]").first.click()
        codes = tab.locator("#codes").inner_text().split()
    assert len(codes) == 10

    with open_context(browser, **way) as context:
        tab = context.new_page()
        tab.goto(f"{demo.url}/login?next=/calls")
        tab.locator("input[name=email]").fill(company.admin)
        tab.locator("input[name=password]").fill(PASSWORD)
        tab.locator("main form button[type=submit]").first.click()
        tab.wait_for_url(f"{demo.url}/login/code")
        tab.locator("input[name=code]").fill(codes[0])
        tab.locator("main form button[type=submit]").first.click()
        tab.wait_for_url(f"{demo.url}/calls")


def test_a_passkey_is_made_and_signs_in_alone(browser: Browser, named: str, company: Company) -> None:
    """P16."""
    with visit(browser, named, company.admin, PASSWORD, "/profile/second-factor") as context:
        tab = context.pages[0]
        with authenticator(tab):
            tab.locator("#passkey-name").fill("Ноутбук")
            tab.locator("#passkeys [data-passkey-button]").click()
            expect(tab.locator("#passkeys table")).to_contain_text("Удалить")
            expect(tab.locator("#passkeys input[name=name]").first).to_have_value("Ноутбук")
            tab.locator(".nav button, .nav form button").last.click()
            tab.wait_for_url(f"{named}/login")

            tab.goto(f"{named}/login?next=/calls")
            tab.locator("[data-passkey-button]").click()
            tab.wait_for_url(f"{named}/calls")

            tab.goto(f"{named}/confirm?next=/users")
            tab.locator("[data-passkey-button]").click()
            tab.wait_for_url(f"{named}/users")

            tab.goto(f"{named}/profile/second-factor")
            tab.locator("button[commandfor^=remove-passkey]").first.click()
            tab.locator("dialog[open] .btn--danger-main").click()
            expect(tab.locator("#passkeys table")).to_have_count(0)


def test_a_browser_that_has_no_passkey_is_told_so(browser: Browser, named: str, company: Company) -> None:
    with open_context(browser) as context:
        tab = context.new_page()
        tab.goto(f"{named}/login")
        with authenticator(tab, isUserVerified=False):
            tab.locator("[data-passkey-button]").click()
            expect(tab.locator("[data-passkey-error]")).to_be_visible()


@ways
def test_somebody_is_invited_joins_and_all_of_it_is_in_the_audit(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    email = f"vera-{company.account_id}-{len(way)}@new.example"
    with visit(browser, demo.url, company.admin, PASSWORD, "/users", **way) as context:
        tab = context.pages[0]
        tab.locator("main input[name=email]").fill(email)
        tab.locator("main form.add button[type=submit]").click()
        link = tab.locator("#link-value").inner_text()
        assert link.startswith(f"{demo.url}/invite/")
        join(browser, link, way)
        tab.goto(f"{demo.url}/users")
        tab.locator("main a", has_text="Vera").click()
        tab.locator("select[name=role]").select_option("viewer")
        tab.locator("#role-of-person button[type=submit]").click()
        tab.goto(f"{demo.url}/audit?what=user")
        expect(tab.locator("main tbody tr").first).to_contain_text(email)
        manager, viewer = ("Manager", "Viewer") if way["locale"] == "en-GB" else ("Менеджер", "Наблюдатель")
        expect(tab.locator("main tbody tr").first.locator("del")).to_have_text(manager)
        expect(tab.locator("main tbody tr").first.locator("ins")).to_have_text(viewer)


def join(browser: Browser, link: str, way: dict[str, Any]) -> None:
    with open_context(browser, **way) as context:
        tab = context.new_page()
        tab.goto(link)
        tab.locator("input[name=name]").fill("Vera")
        tab.locator("input[name=password]").fill("password1234")
        tab.locator("main form button[type=submit]").click()
        expect(tab.locator(".field-error")).to_be_visible()
        tab.locator("input[name=password]").fill("seven lilac tractors")
        tab.locator("main form button[type=submit]").click()
        expect(tab.locator("h1")).not_to_contain_text(re.compile("North|Invitation"))
        assert tab.url.rstrip("/").count("/") == 2, "the first page"


@ways
def test_own_data_are_changed(browser: Browser, demo: Installation, company: Company, way: dict[str, Any]) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/profile", **way) as context:
        tab = context.pages[0]
        tab.locator("#person input[name=name]").fill("Мария Новая")
        tab.locator("#person select[name=locale]").select_option("en")
        tab.locator("#person form button[type=submit]").first.click()
        expect(tab.locator("h1")).to_have_text("Personal data")
        expect(tab.locator("#side, .side").first).to_contain_text("Мария Новая")
    sign_in_again(browser, demo, company)


def sign_in_again(browser: Browser, demo: Installation, company: Company) -> None:
    with open_context(browser) as context:
        sign_in(context.new_page(), demo.url, company.admin, PASSWORD)


@contextmanager
def authenticator(tab: Page, **changed: Any) -> Iterator[None]:
    """Chromium's own pretended device."""
    session = tab.context.new_cdp_session(tab)
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | changed})
    yield
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": added["authenticatorId"]})
