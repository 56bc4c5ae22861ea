"""The papers of months that are over: found, read as a page, opened as PDF, packed. With and without scripts."""

import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.billing.statements import find_statement
from portal.invoicing.papers import job
from portal.kernel.clock import now
from portal.kernel.db import transaction
from tests.invoicing.parties import charge, tell_buyer
from tests.journeys.company import Company
from tests.journeys.visit import WAYS, save_result, visit
from tests.people import PASSWORD
from tests.support.installation import Installation

pytestmark = pytest.mark.browser


@pytest.fixture
def charged(company: Company) -> Company:
    """A company that was charged in the month before; that month has its papers."""
    at = now().replace(day=1, hour=12) - timedelta(days=5)
    tell_buyer(company.app, company.account_id)
    charge(company.app, company.account_id, at, "61.00")
    with company.app.test_request_context(), transaction(company.account_id):
        assert len(job.see_to(find_statement(at.year, at.month), is_forced=True)) == 3
    return company


@pytest.mark.parametrize("way", WAYS)
def test_from_the_list_to_the_pdf_and_an_archive(
    browser: Browser, demo: Installation, charged: Company, way: dict[str, Any], tmp_path: Path
) -> None:
    with visit(browser, demo.url, charged.admin, PASSWORD, "/documents", **way) as context:
        tab = context.pages[0]
        papers = tab.locator("#papers tbody tr")
        expect(papers).to_have_count(3)
        tab.locator(".filters a[href*='kind=act']").click()
        tab.wait_for_url("**kind=act")
        expect(papers).to_have_count(1)

        papers.first.locator("td a").first.click()
        expect(tab.locator("#parties")).to_contain_text("ООО «Север»")
        pdf = context.request.get(demo.url + str(tab.locator(".page-actions a").first.get_attribute("href")))
        assert (pdf.headers["content-type"], pdf.body()[:5]) == ("application/pdf", b"%PDF-")

        _read_a_statement(tab, demo.url)
        packed = _pack(tab, demo.url, tmp_path)
    assert packed.testzip() is None
    assert sorted(name.split("-")[0] for name in packed.namelist()) == ["act", "bill", "invoice"]


def _read_a_statement(tab: Page, url: str) -> None:
    tab.goto(f"{url}/documents")
    tab.locator("#statements tbody a").first.click()
    expect(tab.locator("#sums tbody tr").last).to_contain_text(re.compile(r"\d[,.]\d\d"))
    expect(tab.locator("#rates tbody tr").first).to_be_visible()


def _pack(tab: Page, url: str, folder: Path) -> zipfile.ZipFile:
    """First with the days the wrong way round: said, and nothing typed is lost."""
    tab.goto(f"{url}/documents")
    tab.locator("#archive [name=first]").fill("2030-01-01")
    tab.locator("#archive [name=last]").fill("2020-01-01")
    tab.locator("#archive button").click()
    expect(tab.locator("#archive .error-summary")).to_be_visible()
    expect(tab.locator("#archive [name=last]")).to_have_value("2020-01-01")
    tab.locator("#archive [name=first]").fill("2020-01-01")
    tab.locator("#archive [name=last]").fill("2030-01-01")
    tab.locator("#archive button").click()
    tab.wait_for_url("**/jobs/*")
    return zipfile.ZipFile(io.BytesIO(save_result(tab, folder)))
