"""What the operator sets and watches: seller, shop for cards, tasks, processes, failing webhooks. Scripts or none."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from portal.invoicing.cards.models import CardShop
from portal.kernel.db import transaction
from tests.journeys.company import Company
from tests.journeys.visit import reload_until, visit
from tests.people import OLGA, PASSWORD
from tests.support.installation import Installation
from tests.support.receiver import Answer, Receiver
from tests.webhooks.world import Company as Calls

pytestmark = pytest.mark.browser

GONE = Answer(410)
SECRET = "live_a-key-of-the-shop"


@pytest.fixture
def console(browser: Browser, demo: Installation, way: dict[str, Any]) -> Iterator[Page]:
    """The operator's page."""
    with visit(browser, demo.url, OLGA.email, demo.password, "/admin", **way) as opened:
        yield opened.pages[0]


@pytest.fixture
def without_shop(beside: Flask) -> Iterator[None]:
    """The shop is everybody's: afterwards there is none again."""
    yield
    with beside.app_context(), transaction(everything="tests") as session:
        session.execute(delete(CardShop))


def test_a_mistake_in_the_seller_s_details_is_told_and_the_rest_is_kept(console: Page, demo: Installation) -> None:
    console.goto(f"{demo.url}/admin/seller")
    bank, director = console.locator("[name=bik]"), console.locator("[name=director_name]")
    right = bank.input_value()
    bank.fill("12345")
    director.fill("Новикова Н. Н.")
    console.locator("main .form-foot .btn--main").click()
    expect(console.locator(".error-summary a").first).to_have_attribute("href", "#bik")
    expect(director).to_have_value("Новикова Н. Н.")
    bank.fill(right)
    console.locator("main .form-foot .btn--main").click()
    expect(console.locator(".error-summary")).to_have_count(0)
    console.reload()
    expect(director).to_have_value("Новикова Н. Н.")


@pytest.mark.usefixtures("without_shop")
def test_the_shop_s_secret_is_kept_and_shown_to_nobody(console: Page, demo: Installation) -> None:
    console.goto(f"{demo.url}/admin/card-payments")
    console.locator("[name=shop_id]").fill("123456")
    console.locator("main .form-foot .btn--main").click()
    expect(console.locator(".error-summary a").first).to_have_attribute("href", "#secret")
    console.locator("[name=secret]").fill(SECRET)
    console.locator("main .form-foot .btn--main").click()
    expect(console.locator(".error-summary")).to_have_count(0)
    console.reload()
    expect(console.locator("[name=shop_id]")).to_have_value("123456")
    expect(console.locator("[name=secret]")).to_have_value("")
    assert SECRET not in console.content()

    console.locator("[name=shop_id]").fill("654321")
    console.locator("main .form-foot .btn--main").click()
    expect(console.locator(".error-summary")).to_have_count(0)
    console.reload()
    assert SECRET not in console.content()


def test_a_task_of_a_company_is_found_and_repeated(
    browser: Browser, console: Page, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    Calls(company.app, company.account_id).ends("c" * 32)
    with visit(browser, demo.url, company.admin, PASSWORD, "/calls", **way) as context:
        asking = context.pages[0]
        asking.locator("#log-tools a").first.click()
        asking.locator("main form button[type=submit]").click()
        asking.wait_for_url("**/jobs/*")
    console.goto(f"{demo.url}/admin/tasks?state=over")
    mine = console.locator("tbody tr", has=console.locator(f"a[href$='/accounts/{company.account_id}']"))
    reload_until(console, mine.first)
    mine.first.locator("form[action$='/again'] button").click()
    console.goto(f"{demo.url}/admin/tasks?state=over")
    reload_until(console, mine.nth(1))


def test_every_kind_of_process_is_alive(console: Page, demo: Installation) -> None:
    console.goto(f"{demo.url}/admin/processes")
    rows = console.locator("section[aria-labelledby=processes-title] tbody tr")
    # Each says so within ten seconds of its start.
    reload_until(console, rows.nth(2))
    expect(rows.locator(".badge--good")).to_have_count(rows.count())
    expect(console.locator("section[aria-labelledby=periodic-title] tbody tr").first).to_be_visible()


def test_a_webhook_that_was_switched_off_is_looked_into(
    browser: Browser, console: Page, demo: Installation, company: Company, receiver: Receiver, way: dict[str, Any]
) -> None:
    receiver.answer(GONE)
    with visit(browser, demo.url, company.admin, PASSWORD, "/webhooks", **way) as context:
        tab = context.pages[0]
        tab.locator("#webhook-list input[name=url]").fill(f"{receiver.url}/crm?token=secret")
        tab.locator("#webhook-list select[name=event]").select_option("call-finished")
        tab.locator("#add-webhook").click()
        expect(tab.locator("#webhook-rows a.url")).to_be_visible()
    Calls(company.app, company.account_id).ends("e" * 32)
    receiver.wait_for(1, timeout=60)

    console.goto(f"{demo.url}/admin/webhooks?state=off")
    row = console.locator("tbody tr", has_text=f":{receiver.port}/")
    reload_until(console, row)
    expect(row.locator(".badge--bad")).to_be_visible()
    expect(row).not_to_contain_text("token=secret")
    row.locator("form[action$='/visit'] button").click()
    expect(console).to_have_url(re.compile(r"/webhooks/\d+$"))
    expect(console.locator("#visit")).to_be_visible()
    expect(console.locator("#deliveries")).to_contain_text("410")
