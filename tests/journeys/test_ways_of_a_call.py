"""The pages around the integration page: hours, groups, other cases, blacklist, CRM users, keys. Scripts or none."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from portal.kernel.clock import now
from tests.journeys.company import GLEB, IGOR, Company
from tests.journeys.visit import visit
from tests.people import PASSWORD
from tests.support.installation import Installation

pytestmark = pytest.mark.browser

DAYS = 7


@pytest.fixture
def tab(browser: Browser, demo: Installation, company: Company, way: dict[str, Any]) -> Iterator[Page]:
    """The integration page of the company's admin."""
    with visit(browser, demo.url, company.admin, PASSWORD, "/integration", **way) as opened:
        yield opened.pages[0]


def test_hours_of_a_line_and_a_holiday(tab: Page, demo: Installation) -> None:
    tab.goto(f"{demo.url}/integration/hours")
    line = tab.locator("#hours > section").first
    every_hour = line.locator("input[type=checkbox]").first
    every_hour.uncheck()
    days = line.locator(".fields input")
    expect(days).to_have_count(DAYS)
    days.first.fill("9:00-25:00")
    line.locator(".foot .btn--main").click()
    expect(line.locator(".error-summary a")).to_be_visible()
    expect(days.first).to_have_value("9:00-25:00")
    days.first.fill("9:00-13:00, 14:00-18:00")
    line.locator(".foot .btn--main").click()
    expect(line.locator("summary")).to_contain_text("14:00–18:00")

    today = now().date()
    exceptions = tab.locator("#exceptions")
    exceptions.locator("input[name=first_day]").fill((today - timedelta(days=1)).isoformat())
    exceptions.locator("input[name=last_day]").fill((today + timedelta(days=2)).isoformat())
    exceptions.locator("input[name=note]").fill("Переезд")
    exceptions.locator(".foot .btn--main").click()
    holiday = exceptions.locator(".row", has_text="Переезд")
    expect(holiday).to_be_visible()
    expect(line.locator(".badge--wait")).to_be_visible()
    holiday.locator("form[action*='/remove'] button").click()
    expect(holiday).to_have_count(0)


def test_a_second_group_takes_what_nobody_answered(tab: Page, demo: Installation) -> None:
    tab.goto(f"{demo.url}/integration/groups")
    tab.locator("#groups input[name=name]").fill("Вторая линия")
    tab.locator("#groups .btn--main").click()
    expect(tab).to_have_url(re.compile(r"/integration/groups/\d+$"))
    expect(tab.locator("h1")).to_have_text("Вторая линия")
    tab.get_by_role("checkbox", name=GLEB).check()
    tab.locator("#group [name=ring_seconds]").fill("0")
    tab.locator("#group-save").click()
    expect(tab.locator("#group .error-summary a")).to_be_visible()
    expect(tab.get_by_role("checkbox", name=GLEB)).to_be_checked()
    tab.locator("#group [name=ring_seconds]").fill("20")
    tab.locator("#group-save").click()
    _saved(tab)
    expect(tab.locator("#group .plan")).to_contain_text("20")

    tab.goto(f"{demo.url}/integration/fallbacks")
    last = tab.locator("#fallbacks select").nth(2)
    last.select_option(label=re.sub(r"\s+", " ", last.locator("option", has_text="Вторая линия").inner_text()))
    tab.locator("#fallbacks .btn--main").click()
    _saved(tab)
    tab.reload()
    expect(last.locator("option:checked")).to_contain_text("Вторая линия")

    # A group that is needed says who needs it, and stays.
    tab.goto(f"{demo.url}/integration/groups")
    tab.locator("#groups form[action$='/remove'] button").click()
    expect(tab.locator("#groups .notice")).to_be_visible()
    expect(tab.locator("#groups a", has_text="Вторая линия")).to_be_visible()


def test_an_outside_number_must_be_one(tab: Page, demo: Installation) -> None:
    tab.goto(f"{demo.url}/integration/fallbacks")
    case = tab.locator("#fallbacks select").first
    case.select_option("number")
    number = tab.locator("#fallbacks input[inputmode=tel]").first
    number.fill("не номер")
    tab.locator("#fallbacks .btn--main").click()
    expect(tab.locator("#fallbacks .error-summary a")).to_be_visible()
    expect(number).to_have_value("не номер")
    number.fill("8 (903) 111-22-33")
    tab.locator("#fallbacks .btn--main").click()
    _saved(tab)
    tab.reload()
    expect(number).to_have_value(re.compile("903.*111.*22.*33"))


def test_a_caller_is_refused_and_let_in_again(tab: Page, demo: Installation) -> None:
    tab.goto(f"{demo.url}/integration/blacklist")
    number = tab.locator("#blacklist [name=number]")
    number.fill("12")
    tab.locator("#blacklist .btn--main").click()
    expect(tab.locator("#blacklist .error-summary a")).to_be_visible()
    expect(number).to_have_value("12")
    number.fill("8 903 999-88-77")
    tab.locator("#blacklist [name=note]").fill("Молчит в трубку")
    tab.locator("#blacklist .btn--main").click()
    row = tab.locator("#blacklist tbody tr", has_text="Молчит в трубку")
    expect(row.locator("a[href*='79039998877']")).to_be_visible()
    row.locator("form button").click()
    expect(row).to_have_count(0)


def test_a_crm_user_is_added_and_changed(tab: Page, demo: Installation) -> None:
    tab.goto(f"{demo.url}/contacts/crm-users")
    tab.locator(".page-actions .btn--main").click()
    tab.locator("#crm-user-form [name=name]").fill("Лариса Кутузова")
    tab.locator("#crm-user-form [name=mobile]").fill("телефон")
    tab.locator("#crm-user-form .btn--main").click()
    expect(tab.locator("#crm-user-form .error-summary a")).to_be_visible()
    expect(tab.locator("#crm-user-form [name=name]")).to_have_value("Лариса Кутузова")
    tab.locator("#crm-user-form [name=mobile]").fill("+7 (916) 222-33-44")
    tab.locator("#crm-user-form .btn--main").click()
    _saved(tab)
    tab.goto(f"{demo.url}/contacts/crm-users")
    tab.locator("#crm-users tbody a", has_text="Лариса Кутузова").click()
    expect(tab.locator("#crm-user-form [name=mobile]")).to_have_value(re.compile("916.*222.*33.*44"))
    tab.locator("#crm-user-form [name=name]").fill("Лариса Орлова")
    tab.locator("#crm-user-form .btn--main").click()
    _saved(tab)
    tab.goto(f"{demo.url}/contacts/crm-users")
    expect(tab.locator("#crm-users tbody a", has_text="Лариса Орлова")).to_be_visible()
    expect(tab.locator("#crm-users tbody a", has_text=IGOR)).to_be_visible()


def test_a_further_key_may_do_less_and_ends_alone(tab: Page, demo: Installation, company: Company) -> None:
    tab.goto(f"{demo.url}/integration/keys/new")
    tab.locator("[name=name]").fill("Отчёты")
    tab.locator("[name=networks]").fill("не адрес")
    tab.locator("[name=scopes_calls]").check()
    tab.locator("main .form-foot .btn--main").click()
    expect(tab.locator(".error-summary a")).to_have_attribute("href", "#networks")
    expect(tab.locator("[name=name]")).to_have_value("Отчёты")
    tab.locator("[name=networks]").fill("127.0.0.0/8")
    tab.locator("[name=scopes_records]").uncheck()
    tab.locator("[name=scopes_outcome]").uncheck()
    tab.locator("main .form-foot .btn--main").click()
    plain = tab.locator("#key-value").inner_text()

    api = f"{demo.url}/api.php/telephony"
    mine = {"Authorization": f"Bearer {plain}"}
    calls = f"{api}/get_calls?abonent_id={company.account_id}&start_date=2026-01-01&stop_date=2026-01-02"
    assert requests.get(calls, headers=mine, timeout=30).status_code == requests.codes.ok
    record = f"{api}/get_record?abonent_id={company.account_id}&api_call_id={'0' * 32}"
    assert requests.get(record, headers=mine, timeout=30).status_code == requests.codes.forbidden

    tab.goto(f"{demo.url}/integration")
    key = tab.locator("#more-keys tbody tr", has_text="Отчёты")
    expect(key).not_to_contain_text(plain)
    key.locator("a").click()
    _revoke(tab)
    tab.goto(f"{demo.url}/integration")
    expect(key).to_have_count(0)
    assert requests.get(calls, headers=mine, timeout=30).status_code == requests.codes.unauthorized
    main = {"Authorization": f"Bearer {company.key()}"}
    assert requests.get(calls, headers=main, timeout=30).status_code == requests.codes.ok


def _saved(tab: Page) -> None:
    """The word that says so is there."""
    expect(tab.locator("#toasts [data-toast]").first).to_be_visible()


def _revoke(tab: Page) -> None:
    """Without scripts the browser opens the question by its own `command`, where it knows that."""
    tab.locator(".page-actions button[commandfor=revoke-key]").click()
    tab.locator("#revoke-key .btn--danger-main").click()
    tab.wait_for_url("**/integration*")
