"""The journey that the cabinet is for: set up, be called, be told, listen, pay."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.journeys.company import GLEB, IGOR, VERA, Company
from tests.journeys.visit import balance, is_still_whole, money, reload_until, stays_whole, visit
from tests.people import PASSWORD
from tests.support.chromium import NARROW
from tests.support.installation import Installation
from tests.support.receiver import Receiver

pytestmark = pytest.mark.browser

START, END = "Начало входящего звонка", "Завершение звонка"


def test_a_call_goes_the_way_that_was_set_and_its_price_leaves_the_balance(
    page: Page, company: Company, receiver: Receiver
) -> None:
    _set_up(page, receiver)
    before = balance(page)
    stays_whole(page)

    page.locator("#test-call").click()
    api_call_id = _phones_ring_in_order(page)
    page.locator("#live-calls [id^=hang-up-]").click()

    started, finished = receiver.wait_for(2, timeout=30)
    assert _told(started.target) == _start(finished.target, company, api_call_id)
    price = _price_of(finished.target, company, api_call_id)
    expect(page.locator("#live-calls .live-call")).to_have_count(0)
    expect(page.locator("#money")).to_contain_text(_roubles(before - price))
    is_still_whole(page)
    _find_in_the_log(page, api_call_id)
    _listen(page)
    assert money(page.locator(".stat", has_text="Цена").locator(".stat-value").inner_text()) == price
    expect(page.locator("#call-deliveries .row")).to_have_count(2)


def test_the_same_way_leads_there_without_scripts(
    browser: Browser, demo: Installation, company: Company, receiver: Receiver
) -> None:
    options = {"java_script_enabled": False, "viewport": NARROW}
    with visit(browser, demo.url, company.admin, PASSWORD, "/integration", **options) as context:
        tab = context.pages[0]
        _set_up(tab, receiver)
        before = balance(tab)

        tab.locator("#test-call").click()
        expect(tab).to_have_url(f"{demo.url}/calls/live")
        reload_until(tab, tab.locator("#live-calls li", has_text=IGOR).get_by_text("говорит"))
        link = tab.locator("#live-calls .live-call a").get_attribute("href") or ""
        tab.locator("#live-calls [id^=hang-up-]").click()

        api_call_id = link.rpartition("/")[2]
        started, finished = receiver.wait_for(2, timeout=30)
        assert _told(started.target) == _start(finished.target, company, api_call_id)
        price = _price_of(finished.target, company, api_call_id)
        tab.goto(f"{demo.url}/calls")
        tab.locator(f'#call-table a[href="{link}"]').first.click()
        reload_until(tab, tab.locator("#player audio"))
        expect(tab.locator("#player audio[controls]")).to_be_visible()
        assert balance(tab) == before - price


def _set_up(tab: Page, receiver: Receiver) -> None:
    """Every section of the page: a phone for Игорь, the order Вера, Игорь, Глеб, one after another, two webhooks."""
    row = tab.locator("#mapping-rows .map-row", has_text=IGOR)
    row.locator("select").select_option(label="SIP/00000000902")
    tab.locator("#mapping-save").click()
    expect(tab.locator("#toasts")).to_contain_text(IGOR)
    tab.locator("#receivers label", has_text=IGOR).click()
    tab.locator("#receivers-save").click()
    _expect_order(tab, GLEB, VERA, IGOR)
    tab.get_by_role("button", name=f"Выше: {VERA}").click()
    _expect_order(tab, VERA, GLEB, IGOR)
    tab.get_by_role("button", name=f"Выше: {IGOR}").click()
    _expect_order(tab, VERA, IGOR, GLEB)
    tab.locator("#strategy label.choice", has_text="Одному за другим").click()
    tab.locator("#ring_seconds").fill("5")
    tab.locator("#strategy-save").click()
    expect(tab.locator("#plan p").first).to_have_text(re.compile(f"{VERA}.*{IGOR}.*{GLEB}"))
    expect(tab.locator("#toasts")).to_contain_text("Стратегия")
    for event in (START, END):
        tab.locator("#webhook-list input[name=url]").fill(f"{receiver.url}/crm?shop=7&x=a%20b")
        tab.locator("#webhook-list select[name=event]").select_option(label=event)
        tab.locator("#add-webhook").click()
        expect(tab.locator("#webhook-rows tbody tr", has_text=event)).to_have_count(1)


def _expect_order(tab: Page, *names: str) -> None:
    expect(tab.locator("#toasts")).to_contain_text(", ".join(names))
    expect(tab.locator("#receivers li:has(:checked) label")).to_have_text(list(names))


def _phones_ring_in_order(tab: Page) -> str:
    """Вера does not answer, then Игорь does; the call's id."""
    phones = tab.locator("#live-calls .row li")
    expect(phones).to_have_text([re.compile(f"{VERA}.*звонит", re.DOTALL)])
    expect(phones.nth(1)).to_contain_text(IGOR)
    expect(phones).to_have_text(
        [re.compile(f"{VERA}.*нет ответа", re.DOTALL), re.compile(f"{IGOR}.*говорит", re.DOTALL)]
    )
    # A record with something in it to seek.
    expect(tab.locator("#live-calls .live-call time")).to_have_text(re.compile(r"0:(0[4-9]|1\d)"), timeout=20_000)
    return (tab.locator("#live-calls .live-call a").get_attribute("href") or "").rpartition("/")[2]


def _told(target: str) -> dict[str, str]:
    """The parameters of a notice, whose URL's own query stands before them, byte for byte."""
    own, _and, ours = target.partition("&num_a=")
    assert own == "/crm?shop=7&x=a%20b"
    return dict(pair.split("=", 1) for pair in f"num_a={ours}".split("&"))


def _start(finished: str, company: Company, api_call_id: str) -> dict[str, str]:
    """What the notice of the start must say; who called and when is known from the one of the end."""
    end = _told(finished)
    caller_and_time = {name: end[name] for name in ("num_a", "setup_time")}
    return {"num_m": company.did, "api_call_id": api_call_id} | caller_and_time


def _price_of(finished: str, company: Company, api_call_id: str) -> Decimal:
    """The price in the notice of the end, whose other parameters are the contract's, in its order."""
    end = _told(finished)
    assert list(end) == [
        *("num_a", "num_m", "num_b", "code_name_num_b", "setup_time"),
        *("connection_time", "waiting_time", "api_call_id", "price"),
    ]
    assert (end["num_m"], end["num_b"], end["api_call_id"]) == (company.did, "SIP/00000000902", api_call_id)
    assert int(end["connection_time"]) >= 0
    assert int(end["waiting_time"]) >= 5
    return Decimal(end["price"])


def _roubles(amount: Decimal) -> str:
    return str(amount).replace(".", ",")


def _find_in_the_log(tab: Page, api_call_id: str) -> None:
    tab.get_by_role("link", name="Звонки", exact=True).click()
    row = tab.locator("#call-table tbody tr").first
    expect(row).to_contain_text(IGOR)
    row.locator(f'a[href="/calls/{api_call_id}"]').first.click()
    expect(tab.locator("#timeline .leg-who b")).to_have_text([re.compile(r"^\+7 999"), VERA, IGOR])


def _listen(tab: Page) -> None:
    """The record plays on, and goes on from where it is told to."""
    answers: list[Response] = []
    tab.on("response", lambda answer: answers.append(answer) if answer.url.endswith("/record") else None)
    sound = tab.locator("#player audio")
    reload_until(tab, tab.locator("#player [data-player-toggle]"))
    tab.locator("#player [data-player-toggle]").click()
    expect(tab.locator("#player [data-player-time]")).to_have_text("0:01")
    assert sound.evaluate("audio => audio.currentTime") >= 1
    tab.locator("#player [data-player-toggle]").click()
    tab.locator("#player [data-player-seek]").fill("3")
    expect(tab.locator("#player [data-player-time]")).to_have_text("0:03")
    assert sound.evaluate("audio => audio.currentTime") >= 3
    assert sound.evaluate("audio => audio.error") is None
    assert answers
    assert {answer.status for answer in answers} == {206}
