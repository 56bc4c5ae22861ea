"""Every page of every menu without scripts, in both languages: it opens, says what it is and scrolls only down."""

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.pages import menu, too_wide
from tests.journeys.visit import visit
from tests.people import ANNA, OLGA
from tests.support.installation import Installation

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("locale", ["ru-RU", "en-GB"])
@pytest.mark.parametrize(("email", "path"), [(ANNA.email, "/"), (OLGA.email, "/admin")], ids=["company", "operator"])
def test_every_page_of_the_menu_stands_without_scripts(
    browser: Browser, demo: Installation, locale: str, email: str, path: str
) -> None:
    options = {"locale": locale, "java_script_enabled": False}
    with visit(browser, demo.url, email, demo.password, path, **options) as context:
        tab = context.pages[0]
        paths = menu(tab)
        assert len(paths) > 10
        for each in paths:
            answer = tab.goto(f"{demo.url}{each}")
            assert answer is not None
            assert answer.status == 200, each
            expect(tab.get_by_role("heading", level=1)).not_to_be_empty()
            assert tab.locator("html").get_attribute("lang") == locale[:2]
            assert list(too_wide(tab, (360, 1280))) == []
