"""The demo that the journeys lead through: a real process tree, one for each process of the test run."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from portal.kernel.db import db
from tests.journeys.company import Company, app_beside, found_company
from tests.journeys.visit import WAYS, visit
from tests.people import PASSWORD
from tests.support.installation import Installation


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """It places no calls by itself."""
    with Installation(tmp_path_factory.mktemp("journeys"), "--quiet", "--calls", "60") as running:
        yield running


@pytest.fixture(scope="session")
def beside(demo: Installation) -> Iterator[Flask]:
    """What opens companies in the demo."""
    app = app_beside(demo.data)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def company(beside: Flask) -> Company:
    """A company that nobody knows yet."""
    return found_company(beside)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How the browser of a journey comes: with scripts or without."""
    looks: dict[str, Any] = request.param
    return looks


@pytest.fixture
def context(browser: Browser, demo: Installation, company: Company) -> Iterator[BrowserContext]:
    """The browser of the company's admin, who has signed in and may use the clipboard."""
    allowed = ["clipboard-read", "clipboard-write"]
    with visit(browser, demo.url, company.admin, PASSWORD, "/integration", permissions=allowed) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The integration page as the company's admin sees it, in Russian."""
    return context.pages[0]
