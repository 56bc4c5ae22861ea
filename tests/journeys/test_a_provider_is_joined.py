"""A provider is checked step by step and saved; its page says how it is, and how old its news are."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.http import Trouble
from portal.telephony.provider.state import note_good, note_trouble
from tests.journeys.company import Company
from tests.journeys.pages import too_wide
from tests.journeys.visit import WAYS, visit
from tests.people import PASSWORD
from tests.support.installation import Installation
from tests.telephony.provider.server import KEY, Provider

WORDS = {
    "ru-RU": {"new": "ещё не опрошен", "good": "отвечает", "bad": "Не отвечает вовремя."},
    "en-GB": {"new": "not asked yet", "good": "answers", "bad": "It does not answer in time."},
}

pytestmark = pytest.mark.browser


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.mark.parametrize("way", WAYS)
def test_a_provider_is_checked_and_saved(
    browser: Browser, demo: Installation, company: Company, provider: Provider, way: dict[str, Any]
) -> None:
    with visit(browser, demo.url, company.admin, PASSWORD, "/integration/provider", **way) as context:
        page = context.pages[0]
        page.locator("#url").fill(provider.url)
        page.locator("#key").fill("wrong")
        page.locator("#provider-check").click()
        expect(page.locator("#provider .error-summary")).to_contain_text("401")
        expect(page.locator("#provider-steps .badge--bad")).to_have_count(1)
        # What was typed is not lost where the page can keep it; the server never sends a key back.
        expect(page.locator("#key")).to_have_value("wrong" if way.get("java_script_enabled", True) else "")
        page.locator("#key").fill(KEY)
        page.locator("#provider-check").click()
        # Found good is saved: the key is typed once.
        expect(page.locator("#inlet-url")).to_have_text(re.compile(r"/provider-notices/[\w-]{20,}"))
        assert KEY not in page.content()
        page.goto(f"{demo.url}/integration/provider")
        expect(page.locator("#provider-state")).to_contain_text(WORDS[way["locale"]]["new"])

        asked_at = now()
        with company.app.app_context(), transaction(company.account_id):
            note_good(asked_at)
        page.reload()
        expect(page.locator("#provider-state")).to_contain_text(WORDS[way["locale"]]["good"])
        expect(page.locator("#provider-state time").first).to_have_attribute("datetime", re.compile(r"^20\d\d-"))

        with company.app.app_context(), transaction(company.account_id):
            note_trouble(Trouble.SILENT, "timeout")
        page.reload()
        expect(page.locator("#provider-state")).to_contain_text(WORDS[way["locale"]]["bad"])
        expect(page.locator("#provider-state time").first).to_be_visible()
        assert not list(too_wide(page, [way["viewport"]["width"]]))
