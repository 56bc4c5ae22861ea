"""What the first visit of a page costs, counted on the wire."""

import pytest
from playwright.sync_api import Browser, Request

from tests.journeys.visit import visit
from tests.people import ANNA
from tests.support.installation import Installation

pytestmark = pytest.mark.browser

KB = 1024
ALL, STYLE, SCRIPTS = 60 * KB, 12 * KB, 25 * KB


def test_a_first_visit_of_the_integration_page_weighs_at_most_60_kb(browser: Browser, demo: Installation) -> None:
    with visit(browser, demo.url, ANNA.email, demo.password, "/profile") as context:
        # Signed in, with an empty cache.
        tab = context.pages[0]
        context.new_cdp_session(tab).send("Network.clearBrowserCache")
        done: list[Request] = []
        tab.on("requestfinished", lambda request: done.append(request))  # noqa: PLW0108 -- playwright marks what it is given
        tab.goto(f"{demo.url}/integration", wait_until="load")

        # Bodies as they came, compressed; the stream of live events goes on and is not among them.
        weights = {request.url.removeprefix(demo.url): request.sizes()["responseBodySize"] for request in done}

    assert "/integration" in weights
    assert sum(weights.values()) <= ALL, weights
    assert 0 < sum(weight for url, weight in weights.items() if url.endswith(".css")) <= STYLE, weights
    assert 0 < sum(weight for url, weight in weights.items() if url.endswith(".js")) <= SCRIPTS, weights
