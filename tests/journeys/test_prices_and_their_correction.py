"""The operator makes a tariff, gives it to a company and corrects what was charged. With and without scripts."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from portal.kernel.clock import now
from tests.calls.factory import Story, tell_whole
from tests.journeys.company import Company
from tests.journeys.visit import WAYS, reload_until, visit
from tests.people import OLGA
from tests.support.installation import Installation

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("way", WAYS)
def test_from_a_price_list_to_corrected_charges(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    name = f"Дорогой {company.account_id}"
    since = (now() - timedelta(days=40)).date().isoformat()
    called = tell_whole(company.app, Story(company.account_id, started_at=now() - timedelta(minutes=2)))
    with visit(browser, demo.url, OLGA.email, demo.password, "/admin/tariffs", **way) as context:
        tab = context.pages[0]
        tab.locator(".page-actions a[href='/admin/tariffs/new']").click()
        tab.locator("[name=name]").fill(name)
        tab.locator("[name=valid_from]").fill(since)
        tab.locator("[name=rates]").fill("incoming;;Входящие;dear;minute;60;0")
        tab.locator("main form .btn--main").click()
        expect(tab.locator("#faults")).to_be_visible()
        expect(tab.locator("[name=name]")).to_have_value(name)
        tab.locator("[name=rates]").fill("incoming;;Входящие;7,50;minute;60;0")
        tab.locator("main form .btn--main").click()
        expect(tab.locator("#rates tbody")).to_contain_text(re.compile("7[.,]50"))
        tab.locator(".crumbs a", has_text=name).click()

        tab.locator("#accounts [name=account]").select_option(str(company.account_id))
        tab.locator("#accounts .btn--main").click()
        expect(tab.locator("#accounts tbody")).to_contain_text(f"{company.account_id}:")

        tab.goto(f"{demo.url}/admin/tariffs/re-rating")
        tab.locator("[name=account]").select_option(str(company.account_id))
        # The company has been open, and has had a tariff, since today.
        tab.locator("[name=first_day]").fill(tab.locator("[name=last_day]").input_value())
        tab.locator("main form .btn--main").click()
        reload_until(tab, tab.locator("form[action$='/apply'] button"))
        expect(tab.locator("#standing tbody")).to_contain_text(called.api_call_id)
        tab.locator("form[action$='/apply'] button").click()
        reload_until(tab, tab.locator("#standing .badge--good"))


@pytest.mark.parametrize("way", WAYS)
def test_a_version_that_is_not_yet_in_force_is_made_and_taken_back(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    name, today = f"Новый {company.account_id}", now().date()
    with visit(browser, demo.url, OLGA.email, demo.password, "/admin/tariffs/new", **way) as context:
        tab = context.pages[0]
        tab.locator("[name=name]").fill(name)
        tab.locator("[name=valid_from]").fill((today - timedelta(days=40)).isoformat())
        tab.locator("[name=rates]").fill("incoming;;Входящие;1,50;minute;60;0")
        tab.locator("main form .btn--main").click()
        tab.locator(".crumbs a", has_text=name).click()

        tab.locator(".page-actions a[href$='/new-version']").click()
        # The present prices stand there to be changed.
        expect(tab.locator("[name=rates]")).to_have_value(re.compile("Входящие"))
        tab.locator("[name=valid_from]").fill((today + timedelta(days=40)).isoformat())
        tab.locator("[name=monthly_fee]").fill("-5")
        tab.locator("main form .btn--main").click()
        expect(tab.locator(".error-summary a").first).to_have_attribute("href", "#monthly_fee")
        tab.locator("[name=monthly_fee]").fill("990,00")
        tab.locator("main form .btn--main").click()
        expect(tab.locator("main")).to_contain_text("990")
        tab.locator(".crumbs a", has_text=name).click()
        versions = tab.locator("#versions tbody tr")
        expect(versions).to_have_count(2)
        expect(versions.first.locator(".badge--wait")).to_be_visible()
        expect(versions.last.locator(".badge--good")).to_be_visible()

        versions.first.locator("a").click()
        tab.locator(".page-actions form[action$='/withdraw'] button").click()
        expect(versions).to_have_count(1)
