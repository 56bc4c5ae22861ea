"""A missed call is taken on and called back; calls get a tag and a note; a choice of calls becomes a view.

Each in Russian with scripts and a wide window, and in English without scripts on a phone's width in the dark.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from portal.calls.journal import Journal
from portal.calls.models import CallRecord
from portal.calls.remarks.on_calls import tag_call
from portal.calls.remarks.tags import add_tag
from portal.contacts.services import add_contact
from portal.kernel import clock
from portal.kernel.db import transaction
from portal.telephony.engine import CallChange
from tests.calls.factory import Story
from tests.journeys.company import GLEB, Company
from tests.journeys.visit import visit
from tests.people import PASSWORD
from tests.support.axe import findings
from tests.support.chromium import NARROW
from tests.support.installation import Installation

pytestmark = pytest.mark.browser

STRANGER, OTHER = "79035551122", "79036667788"
RUSSIAN = {"locale": "ru-RU"}
ENGLISH = {"locale": "en-GB", "java_script_enabled": False, "viewport": NARROW, "color_scheme": "dark"}


@pytest.fixture(params=[RUSSIAN, ENGLISH], ids=["russian", "english, without scripts"])
def tab(browser: Browser, demo: Installation, company: Company, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The log of a company that has missed one call half an hour ago and answered another since."""
    _call(company, STRANGER, 30, None)
    _call(company, OTHER, 20, 4.0)
    with visit(browser, demo.url, company.admin, PASSWORD, "/calls", **request.param) as context:
        yield context.pages[0]


def test_a_missed_call_is_taken_and_closes_itself_when_the_client_was_reached(tab: Page, company: Company) -> None:
    _menu_entry(tab, "/calls/missed")
    row = tab.locator("#missed-table tbody tr")
    expect(row).to_have_count(1)
    row.locator("[id^=take-]").click()
    expect(tab.locator("#missed-table")).to_contain_text("Мария Тестова")

    tab.locator("#missed-table td.lead a").click()
    expect(tab.locator("#follow-up")).to_contain_text("Мария Тестова")
    _is_pleasant(tab)
    _call(company, STRANGER, 3, 5.0)
    tab.reload()

    through = "клиент дозвонился через" if _is_russian(tab) else "the client got through after"
    expect(tab.locator("#follow-up .card-head").first).to_contain_text(through)
    tab.goto(tab.url.rpartition("/")[0])
    expect(tab.locator("#missed .empty")).to_be_visible()


def test_a_missed_call_is_closed_by_hand_with_a_reason_and_opened_again(tab: Page) -> None:
    _menu_entry(tab, "/calls/missed")
    tab.locator("#missed-table td.lead a").click()
    tab.locator("#follow-up select[name=reason]").select_option("not-a-client")
    tab.locator("#follow-up [name=note]").fill("спам <b>")
    tab.locator("#close").click()

    expect(tab.locator("#follow-up")).to_contain_text("спам <b>")
    tab.locator("#reopen").click()
    expect(tab.locator("#close")).to_be_visible()


def test_a_call_gets_a_tag_and_a_note_and_is_found_by_the_tag(tab: Page) -> None:
    log = tab.url
    tab.goto(f"{log}/tags")
    tab.locator("#tags [name=name]").fill("Жалоба")
    tab.locator("#add-tag").click()
    expect(tab.locator("#tags tbody tr")).to_have_count(1)

    tab.goto(f"{log}?outcome=answered")
    tab.locator("#call-table td.lead a").click()
    tab.locator("#remarks select[name=tag]").select_option(label="Жалоба")
    tab.locator("#add-call-tag").click()
    expect(tab.locator("#remarks a .badge")).to_contain_text("Жалоба")
    tab.locator("#remarks textarea").fill("Просит перезвонить\nв среду")
    tab.locator("#save-note").click()
    _is_pleasant(tab)

    tab.locator("#remarks a", has_text="Жалоба").click()
    expect(tab.locator("#call-table tbody tr")).to_have_count(1)
    expect(tab.locator("#call-table")).to_contain_text("Жалоба")
    expect(tab.locator("#call-table a[title^='Просит перезвонить']")).to_be_visible()


def test_names_of_any_length_stay_within_the_log(tab: Page, company: Company) -> None:
    tag = "Срочно-перезвонить-и-никому-не-отдавать-до-конца-недели"
    with company.app.app_context(), transaction(company.account_id) as session:
        add_contact("Общество с ограниченной ответственностью «Северо-Западная-Энергетическая-Компания»", [OTHER])
        session.flush()
        call = session.scalars(select(CallRecord).where(CallRecord.caller == OTHER)).one()
        tag_call(call, add_tag(tag, "bad").id)
    _call(company, OTHER, 2, 4.0)

    tab.reload()

    expect(tab.locator("#call-table tbody")).to_contain_text("Общество с ограниченной ответственностью")
    expect(tab.locator("#call-table tbody")).to_contain_text(tag)
    badges = tab.locator("#call-table .is-missed .badge").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert len(badges) == 2
    assert max(badges) - min(badges) <= 2, "one of them is broken over lines"
    numbers = tab.locator("#call-table td.wide bdi").evaluate_all("all => all.map(one => one.getClientRects().length)")
    assert set(numbers) == {1}
    _is_pleasant(tab)
    _tables_fit(tab)
    tab.locator("#call-table td.lead a").last.click()
    _is_pleasant(tab)
    tab.locator("#remarks .card-head a").click()
    expect(tab.locator("#tags")).to_contain_text(tag)
    _is_pleasant(tab)
    _tables_fit(tab)


def test_columns_without_a_label_stand_on_the_line_of_the_others(tab: Page) -> None:
    day = tab.locator("#call-table time").first.get_attribute("datetime")
    assert day is not None
    tab.goto(f"{tab.url}?from={day[:10]}&to={day[:10]}")

    columns = tab.locator(".columns svg")
    expect(columns).to_have_count(24)
    assert len(columns.evaluate_all("all => [...new Set(all.map(one => one.getBoundingClientRect().bottom))]")) == 1


def test_a_choice_of_calls_becomes_a_view_that_the_log_opens_with(tab: Page) -> None:
    log = tab.url
    tab.goto(f"{log}?outcome=missed")
    tab.locator("[commandfor=save-view-dialog]").first.click()
    tab.locator("#save-view-dialog [name=name]").fill("Не дозвонились")
    tab.locator("#save-view").click()
    expect(tab.locator("#views [aria-current]", has_text="Не дозвонились")).to_be_visible()

    tab.goto(f"{log}/views")
    tab.locator("main tbody form button").first.click()
    _is_pleasant(tab)
    tab.goto(log)
    expect(tab.locator("#call-table tbody tr")).to_have_count(1)
    expect(tab.locator("#call-table tbody tr.is-missed")).to_have_count(1)


def test_the_columns_that_a_person_leaves_out_stay_out(tab: Page) -> None:
    tab.locator("[commandfor=columns-dialog]").first.click()
    tab.locator("#columns-dialog input[value=price]").uncheck()
    tab.locator("#columns-dialog button[type=submit]").click()

    heads = tab.locator("#call-table thead th")
    expect(heads.filter(has_text="Цена" if _is_russian(tab) else "Price")).to_have_count(0)
    tab.reload()
    expect(heads.filter(has_text="Цена" if _is_russian(tab) else "Price")).to_have_count(0)
    expect(tab.locator("#call-table")).to_contain_text(GLEB)


def _call(company: Company, caller: str, minutes_ago: float, answered_after: float | None) -> None:
    began = clock.now() - timedelta(minutes=minutes_ago)
    story = Story(
        company.account_id, caller=caller, callee="SIP/00000000903", did=company.did, started_at=began,
        answered_after=answered_after,
    )  # fmt: skip
    Journal(company.app).record(story.finished(), CallChange.FINISHED)


def _menu_entry(tab: Page, path: str) -> None:
    if tab.viewport_size == NARROW:
        tab.locator(".top-menu").click()
    tab.locator(f".nav a[href='{path}']").click()


def _is_russian(tab: Page) -> bool:
    return tab.locator("html").get_attribute("lang") == "ru"


def _is_pleasant(tab: Page) -> None:
    """AssertionError for what hinders a reader, and for what is too wide."""
    if _is_russian(tab):
        assert findings(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= tab.evaluate("innerWidth")


def _tables_fit(tab: Page) -> None:
    """AssertionError for a table that sticks out of its card."""
    tables = tab.locator("main .table-wrap").filter(visible=True)
    assert tables.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length") == 0
