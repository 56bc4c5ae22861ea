"""A company asks, the operator answers, and the company sees that there is something new. With and without scripts."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.company import Company
from tests.journeys.visit import WAYS, visit
from tests.people import OLGA, PASSWORD
from tests.support.installation import Installation

pytestmark = pytest.mark.browser
SAID = "Дозвониться можно, а слышно только нас."
ANSWERED = "Откройте порты 10000–20000 по UDP."


@pytest.mark.parametrize("way", WAYS)
def test_from_the_question_to_its_end(
    browser: Browser, demo: Installation, company: Company, way: dict[str, Any]
) -> None:
    subject = f"Слышно в одну сторону ({company.account_id})"
    with visit(browser, demo.url, company.admin, PASSWORD, "/support", **way) as context:
        tab = context.pages[0]
        tab.locator("#threads a[href='/support/new']").click()
        tab.locator("[name=subject]").fill(subject)
        tab.locator("main .form-foot .btn--main").click()
        expect(tab.locator("#text-error")).to_be_visible()
        expect(tab.locator("[name=subject]")).to_have_value(subject)
        tab.locator("[name=text]").fill(SAID)
        tab.locator("[name=files]").set_input_files(
            {"name": "журнал.txt", "mimeType": "text/plain", "buffer": b"no audio from the client"}
        )
        tab.locator("main .form-foot .btn--main").click()
        expect(tab.locator("#conversation")).to_contain_text(SAID)
        question = tab.url

        with visit(browser, demo.url, OLGA.email, demo.password, "/admin/support", **way) as desk:
            answering = desk.pages[0]
            answering.locator("main table a", has_text=subject).click()
            file = answering.locator("#conversation a[download]")
            body = desk.request.get(demo.url + str(file.get_attribute("href"))).body()
            assert body == b"no audio from the client"
            answering.locator("[name=text]").fill(ANSWERED)
            answering.locator("#conversation .btn--main").click()
            expect(answering).to_have_url(f"{demo.url}/admin/support")
            expect(answering.locator("main table a", has_text=subject)).to_have_count(0)

        tab.goto(f"{demo.url}/calls")
        expect(tab.locator(".nav a[href='/support'] .count")).to_have_text("1")
        tab.goto(question)
        expect(tab.locator("#conversation")).to_contain_text(ANSWERED)
        tab.locator("form[action$='/close'] button").click()
        expect(tab.locator(".page-actions form[action$='/reopen'] button")).to_be_visible()
        tab.goto(f"{demo.url}/calls")
        expect(tab.locator(".nav a[href='/support'] .count")).to_have_count(0)
