"""A company joins its CRM: its people come in, a call rings the client's manager, the card opens, the call is there."""

import time

import pytest
from playwright.sync_api import Page, expect

from portal.telephony import services
from tests.connectors.amocrm import TOKEN, AmoCrmServer
from tests.journeys.company import GLEB, IGOR, Company
from tests.journeys.visit import PATIENCE_SECONDS
from tests.support.axe import assert_accessible
from tests.support.installation import Installation

pytestmark = pytest.mark.browser
CLIENT = "79031112233"


def test_from_the_token_to_the_card(page: Page, demo: Installation, company: Company) -> None:
    with AmoCrmServer() as crm:
        crm.employ(GLEB, IGOR, "Новый Менеджер")
        crm.know("8 (903) 111-22-33", owner=11)
        _connect(page, demo, crm)
        _bring(page)
        _ask_the_crm(page, demo)

        with company.app.app_context():
            api_call_id = services.place_test_call(company.account_id, caller=CLIENT)
        page.goto(f"{demo.url}/calls/{api_call_id}")
        expect(page.locator(".legs, [id*=timeline], main").first).to_contain_text(GLEB)
        _until(lambda: crm.events)
        page.goto(f"{demo.url}/calls/live")
        page.locator("#live-calls [id^=hang-up-]").first.click()

        _until(lambda: crm.calls)
        page.goto(f"{demo.url}/calls/{api_call_id}")
        expect(page.locator("#crm-call", has_text="записан в amoCRM")).to_be_visible()
        assert_accessible(page)
        assert crm.events[0]["users"] == ["11"]
        assert [(call["uniq"], call["call_responsible"]) for call in crm.calls] == [(api_call_id, 11)]


def _connect(page: Page, demo: Installation, crm: AmoCrmServer) -> None:
    page.goto(f"{demo.url}/integration")
    page.locator("#ways a", has_text="Подключение CRM").click()
    assert_accessible(page)
    page.locator("#amo-address").fill(crm.url)
    page.locator("#amo-token").fill("wrong")
    page.locator("#amocrm-connect").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator("#amo-token").fill(TOKEN)
    page.locator("#amocrm-connect").click()
    expect(page.locator("#state")).to_contain_text("North LLC")
    assert TOKEN not in page.content()
    assert_accessible(page)


def _bring(page: Page) -> None:
    page.get_by_role("button", name="Посмотреть пользователей в CRM").click()
    expect(page.locator("main table tbody tr")).to_have_count(3)
    assert_accessible(page)
    page.locator("#bring").click()
    expect(page.locator("#crm-users")).to_contain_text("3 пользователя")


def _ask_the_crm(page: Page, demo: Installation) -> None:
    page.goto(f"{demo.url}/integration/known-contacts")
    page.locator("#source-lookup").check()
    page.locator("#known-contacts-save").click()
    expect(page.locator("#toasts")).to_contain_text("Сохранено")


def _until(came: object) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not came():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)
