"""A file of contacts comes in, is seen before it counts, and is taken back; a provider is checked and saved."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.company import Company
from tests.journeys.visit import reload_until, visit
from tests.people import PASSWORD
from tests.support.installation import Installation
from tests.telephony.provider.server import KEY, Provider

BOOK = "Имя;Телефон;Компания\nПётр Ёлкин;8 (903) 111-22-33;ООО «Ромашка»\nКривой;позвони мне;\n".encode("cp1251")
WAYS = [
    pytest.param({"locale": "ru-RU"}, id="russian"),
    pytest.param({"locale": "en-GB", "java_script_enabled": False}, id="english, without scripts"),
]

pytestmark = pytest.mark.browser


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.mark.parametrize("way", WAYS)
def test_a_file_of_contacts_comes_in_and_is_taken_back(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/contacts", **way) as context:
        page = context.pages[0]
        page.locator("a[href$='/contacts/import']").click()
        page.locator("#file").set_input_files({"name": "book.csv", "mimeType": "text/csv", "buffer": BOOK})
        page.locator("form[enctype] button").click()
        page.wait_for_url("**/contacts/import/*")
        preview = page.url
        expect(page.locator("#preview")).to_contain_text("Пётр Ёлкин")
        expect(page.locator("#preview")).to_contain_text("позвони мне")
        page.locator("#begin-import").click()
        page.wait_for_url("**/jobs/*")
        reload_until(page, page.locator("#job .badge--good"))
        page.goto(f"{demo.url}/contacts")
        expect(page.locator("#contacts")).to_contain_text("+7 903 111-22-33")
        page.goto(preview)
        page.locator("[commandfor=undo-import]").first.click()
        page.locator("dialog form[action$='/undo'] button[type=submit]").click()
        page.wait_for_url("**/jobs/*")
        reload_until(page, page.locator("#job .badge--good"))
        page.goto(f"{demo.url}/contacts")
        expect(page.locator("#contacts")).not_to_contain_text("+7 903 111-22-33")


@pytest.mark.parametrize("way", WAYS)
def test_a_provider_is_checked_and_saved(
    browser: Browser, demo: Installation, company: Company, provider: Provider, way: dict[str, Any]
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/integration/provider", **way) as context:
        page = context.pages[0]
        page.locator("#url").fill(provider.url)
        page.locator("#key").fill("wrong")
        page.locator("#provider-check").click()
        expect(page.locator("#provider .error-summary")).to_contain_text("401")
        page.locator("#key").fill(KEY)
        page.locator("#provider-check").click()
        expect(page.locator("#provider .badge--good")).to_be_visible()
        page.locator("#key").fill(KEY)
        page.locator("#provider-save").click()
        expect(page.locator("#inlet-url")).to_have_text(re.compile(r"/provider-notices/[\w-]{20,}"))
        assert KEY not in page.content()
