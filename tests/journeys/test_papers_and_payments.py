"""From the company's details to a bill, its money and the offer: in both languages, with scripts and without."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from portal.kernel.db import transaction
from portal.offer.models import OfferAcceptance, OfferDraft, OfferVersion
from tests.journeys.company import Company
from tests.journeys.visit import visit
from tests.people import OLGA, PASSWORD
from tests.support.installation import Installation

pytestmark = pytest.mark.browser
WAYS = [("ru-RU", True), ("ru-RU", False), ("en-GB", True), ("en-GB", False)]


@pytest.fixture
def tidied(beside: Flask) -> Iterator[None]:
    """The offer is everybody's: afterwards there is none again."""
    yield
    with beside.app_context(), transaction(everything="tests") as session:
        for model in (OfferAcceptance, OfferVersion, OfferDraft):
            session.execute(delete(model))


@pytest.mark.parametrize(("locale", "has_scripts"), WAYS)
def test_from_the_details_to_a_bill_and_its_money(
    browser: Browser, demo: Installation, company: Company, locale: str, has_scripts: bool
) -> None:
    options = {"locale": locale, "java_script_enabled": has_scripts}
    with visit(browser, demo.url, company.admin, PASSWORD, "/top-up", **options) as context:
        page = context.pages[0]
        page.locator(".notice a[href='/profile/company']").click()
        _tell_details(page)
        page.goto(f"{demo.url}/top-up")
        page.locator("[name=amount]").fill("1 234,50")
        page.locator("#order-bill").click()
        expect(page.locator("#payment")).to_be_visible()
        number = page.locator("h1").inner_text().rpartition(" ")[2]
        pdf = context.request.get(demo.url + str(page.locator(".page-actions a").first.get_attribute("href")))
        assert (pdf.headers["content-type"], pdf.body()[:5]) == ("application/pdf", b"%PDF-")

        _operator_marks(browser, demo, number, options)
        page.goto(f"{demo.url}/balance")
        expect(page.locator("#ledger .amount--in").first).to_contain_text("234,50" if locale == "ru-RU" else "234.50")


@pytest.mark.parametrize(("locale", "has_scripts"), WAYS)
def test_a_card_of_the_sandbox_pays_or_refuses(
    browser: Browser, demo: Installation, company: Company, locale: str, has_scripts: bool
) -> None:
    options = {"locale": locale, "java_script_enabled": has_scripts}
    with visit(browser, demo.url, company.admin, PASSWORD, "/top-up", **options) as context:
        page = context.pages[0]
        for act, tone in (("refuse", "bad"), ("pay", "good")):
            page.goto(f"{demo.url}/top-up")
            page.locator("[name=amount]").fill("50")
            page.locator("#pay-by-card").click()
            page.locator(f"form:has(input[value={act}]) button").click()
            expect(page.locator(f".page-head .badge--{tone}")).to_be_visible()
        page.goto(f"{demo.url}/balance")
        assert "50,00" in page.content() or "50.00" in page.content()


@pytest.mark.usefixtures("tidied")
@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_new_offer_is_read_and_accepted_from_the_bar(
    browser: Browser, demo: Installation, company: Company, has_scripts: bool
) -> None:
    scripts = {"java_script_enabled": has_scripts}
    with visit(browser, demo.url, OLGA.email, demo.password, "/admin/offer", **scripts) as context:
        page = context.pages[0]
        for text in ("Вы платите 5 рублей.", "Вы платите 7 рублей."):
            page.goto(f"{demo.url}/admin/offer")
            page.locator("[name=text]").fill(text)
            page.locator(".form-foot .btn--main").click()
            page.wait_for_load_state()
    with visit(browser, demo.url, company.admin, PASSWORD, "/calls", **scripts) as context:
        page = context.pages[0]
        page.locator(".notice a[href^='/offer']").click()
        expect(page.locator("#changes del")).to_have_text("5")
        expect(page.locator("#changes ins")).to_have_text("7")
        page.locator("#acceptance button").click()
        expect(page.locator("#acceptance")).to_contain_text(company.admin)
        page.goto(f"{demo.url}/calls")
        assert page.locator(".notice a[href^='/offer']").count() == 0


def _tell_details(page: Page) -> None:
    """First with a mistyped INN: the summary leads to it, and nothing typed is lost."""
    page.locator("[name=name]").fill("ООО «Север»")
    page.locator("[name=inn]").fill("7812345676")
    page.locator("[name=kpp]").fill("781201001")
    page.locator("[name=address]").fill("191186, г. Санкт-Петербург, Невский пр-т, д. 100")
    page.locator("main .form-foot .btn--main").click()
    expect(page.locator(".error-summary a")).to_have_attribute("href", "#inn")
    expect(page.locator("[name=kpp]")).to_have_value("781201001")
    page.locator("[name=inn]").fill("7812345675")
    page.locator("main .form-foot .btn--main").click()
    expect(page.locator(".error-summary")).to_have_count(0)
    expect(page.locator("[name=revision]")).to_have_value("1")


def _operator_marks(browser: Browser, demo: Installation, number: str, options: dict[str, object]) -> None:
    """The bill is found by its number, and paid whole."""
    with visit(browser, demo.url, OLGA.email, demo.password, f"/admin/bills?number={number}", **options) as context:
        page = context.pages[0]
        page.locator("table tbody a").first.click()
        page.locator("[name=order_number]").fill(f"{number}-1")
        page.locator("#receipt .btn--main").click()
        expect(page.locator("#payments")).to_be_visible()
