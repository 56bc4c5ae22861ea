"""Every page, as each of its people sees it: nothing for axe to find, nothing too wide, nothing in the console.

`open_context` fails a test whose pages had a script's error, a refusal by the content security policy or a request to
another machine.
"""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import Company
from tests.journeys.pages import first_link, menu, too_wide
from tests.journeys.visit import sign_in, visit
from tests.people import ANNA, BORIS, OLGA, PASSWORD
from tests.support.axe import findings
from tests.support.chromium import open_context
from tests.support.installation import Installation

pytestmark = pytest.mark.browser

# Of the twelve combinations of language, theme and width each page is seen in four, every value among them.
LOOKS = {"ru-RU": [("light", 320), ("dark", 1280)], "en-GB": [("dark", 320), ("light", 768)]}
locales = pytest.mark.parametrize("locale", list(LOOKS))


@locales
def test_no_page_of_annas_menu_hinders_anybody(browser: Browser, demo: Installation, locale: str) -> None:
    with visit(browser, demo.url, ANNA.email, demo.password, locale=locale, reduced_motion="reduce") as context:
        tab = context.pages[0]
        paths = menu(tab)
        assert {"/", "/calls", "/balance", "/contacts", "/integration", "/description"} <= set(paths)
        _look_at(tab, demo, paths, locale)


@locales
def test_no_page_behind_a_list_hinders_anybody(browser: Browser, demo: Installation, locale: str) -> None:
    with visit(browser, demo.url, ANNA.email, demo.password, locale=locale, reduced_motion="reduce") as context:
        tab = context.pages[0]
        call = first_link(tab, f"{demo.url}/calls?record=yes&outcome=answered", "#call-table tbody a")
        contact = first_link(tab, f"{demo.url}/contacts", 'main a[href^="/contacts/"]')
        _look_at(
            tab,
            demo,
            [
                call,
                contact,
                "/contacts/new",
                "/calls/new",
                "/calls/live",
                "/company",
                "/company/persons/new",
                "/no-such-page",
            ],
            locale,
        )


@locales
def test_no_page_of_a_webhook_hinders_anybody(
    browser: Browser, demo: Installation, company: Company, locale: str
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, locale=locale, reduced_motion="reduce") as context:
        tab = context.pages[0]
        tab.goto(f"{demo.url}/webhooks")
        # Nobody listens there, so that its first delivery fails. Its address is wider than a telephone.
        tab.locator("#webhook-list input[name=url]").fill(f"http://127.0.0.1:9999/{'crm' * 30}")
        tab.locator("#webhook-list select[name=event]").select_option("call-started")
        tab.locator("#add-webhook").click()
        hook = str(tab.locator("#webhook-rows a.url").get_attribute("href"))
        demo.run("call", "incoming", "--account", str(company.account_id))
        tab.goto(f"{demo.url}{hook}")
        delivery = str(tab.locator("#deliveries tbody a").first.get_attribute("href"))
        tab.goto(f"{demo.url}/webhooks/capture")
        tab.locator("#open-capture").click()
        expect(tab.locator("#capture-url")).to_be_visible()
        behind = [f"{hook}/{place}" for place in ("test", "resend", "edit")]
        _look_at(tab, demo, ["/webhooks", hook, delivery, *behind, "/webhooks/capture", "/integration"], locale)


@locales
def test_the_pages_of_a_visitor_a_viewer_and_the_operator_hinder_nobody(
    browser: Browser, demo: Installation, locale: str
) -> None:
    with open_context(browser, locale=locale, reduced_motion="reduce") as context:
        _look_at(context.new_page(), demo, ["/login"], locale)
    with visit(browser, demo.url, BORIS.email, demo.password, locale=locale, reduced_motion="reduce") as context:
        _look_at(context.pages[0], demo, ["/integration", "/balance"], locale)
    with open_context(browser, locale=locale, reduced_motion="reduce") as context:
        tab = context.new_page()
        sign_in(tab, demo.url, OLGA.email, demo.password, "/admin")
        _look_at(tab, demo, menu(tab), locale)


def _look_at(tab: Page, demo: Installation, paths: Sequence[str], locale: str) -> None:
    """AssertionError with everything that was found, so that one run tells all."""
    faults: list[str] = []
    for theme, width in LOOKS[locale]:
        # Before the page is loaded: Chromium keeps some inherited colours of `light-dark()` when the scheme changes.
        tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for path in paths:
            tab.set_viewport_size({"width": width, "height": 900})
            tab.goto(f"{demo.url}{path}")
            faults += [f"{path}, {locale}, {theme}, {width}: {finding}" for finding in findings(tab)]
            faults += too_wide(tab) if theme == "light" else []
    assert not faults, "\n".join(faults)
