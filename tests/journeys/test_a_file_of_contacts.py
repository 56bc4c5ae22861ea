"""A file of contacts comes in, is seen before it counts, and is taken back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.journeys.company import Company
from tests.journeys.pages import too_wide
from tests.journeys.visit import WAYS, reload_until, visit
from tests.people import PASSWORD
from tests.support.installation import Installation

CSV = "Имя;Телефон;Компания\nПётр Ёлкин;8 (903) 111-22-33;ООО «Ромашка»\nКривой;позвони мне;\n".encode("cp1251")
VCARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Пётр Ёлкин\r\nTEL;TYPE=CELL:8 (903) 111-22-33\r\n"
    "ORG:ООО «Ромашка»\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Кривой\r\nTEL:позвони мне\r\nEND:VCARD\r\n"
).encode()
NUMBER = re.compile(r"\+7.903.111.22.33")
"""As a page shows it: unbroken."""
FILES = [
    pytest.param({"name": "book.csv", "mimeType": "text/csv", "buffer": CSV}, "позвони мне", id="csv"),
    pytest.param({"name": "book.vcf", "mimeType": "text/vcard", "buffer": VCARD}, "позвони мне", id="vcard"),
]

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("file", "skipped"), FILES)
def test_a_file_of_contacts_comes_in_and_is_taken_back(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any], file: FilePayload, skipped: str
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/contacts", **way) as context:
        page = context.pages[0]
        page.locator("a[href$='/contacts/import']").click()
        page.locator("#file").set_input_files(file)
        page.locator("form[enctype] button").click()
        page.wait_for_url("**/contacts/import/*")
        preview = page.url
        expect(page.locator("#preview")).to_contain_text("Пётр Ёлкин")
        expect(page.locator("#preview")).to_contain_text(skipped)
        assert not list(too_wide(page, [way["viewport"]["width"]]))
        page.locator("#begin-import").click()
        page.wait_for_url("**/jobs/*")
        reload_until(page, page.locator("#job .badge--good"))
        page.goto(f"{demo.url}/contacts")
        expect(page.locator("#contacts")).to_contain_text(NUMBER)
        page.goto(preview)
        page.locator("[commandfor=undo-import]").first.click()
        page.locator("dialog form[action$='/undo'] button[type=submit]").click()
        page.wait_for_url("**/jobs/*")
        reload_until(page, page.locator("#job .badge--good"))
        page.goto(f"{demo.url}/contacts")
        expect(page.locator("#contacts")).not_to_contain_text(NUMBER)
