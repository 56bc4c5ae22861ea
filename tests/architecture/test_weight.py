"""What a first visit loads, compressed as it is sent, stays within what design allows."""

import gzip
import re
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest

from tests.browser import Browser

KB = 1024
STYLE, SCRIPTS, FIRST_PAGE = 12 * KB, 25 * KB, 60 * KB
IMPORTED = re.compile(r"(?:import|from)\s*\(?[\"'](\.[^\"']+)")
REFERENCED = re.compile(r"(?:src|href)=\"(/static/[^\"]+)\"")
PAGES = ["/", "/calls", "/integration", "/balance"]


@pytest.mark.parametrize("page", PAGES)
def test_a_first_visit_weighs_at_most_60_kb(anna: Browser, page: str) -> None:
    weights = _weights(anna, page)

    assert sum(weights.values()) <= FIRST_PAGE, weights


def test_the_style_sheet_weighs_at_most_12_kb(anna: Browser) -> None:
    weights = {url: weight for url, weight in _weights(anna, "/").items() if url.endswith(".css")}

    assert weights
    assert sum(weights.values()) <= STYLE, weights


def test_all_scripts_weigh_at_most_25_kb(anna: Browser) -> None:
    weights = {url: weight for url, weight in _weights(anna, "/").items() if url.endswith(".js")}

    assert weights
    assert sum(weights.values()) <= SCRIPTS, weights


def _weights(browser: Browser, page: str) -> dict[str, int]:
    """Bytes by address: the page and everything that it loads, modules that a module imports included."""
    weights: dict[str, int] = {}
    waiting = [page]
    while waiting:
        url = waiting.pop().partition("#")[0]
        if url not in weights:
            sent = browser.get(url, headers={"Accept-Encoding": "gzip"})
            assert sent.status_code == 200, f"{url} answered {sent.status_code}"
            body = sent.get_data()
            weights[url] = len(body)
            text = gzip.decompress(body) if sent.headers.get("Content-Encoding") == "gzip" else body
            waiting += _loaded_by(url, text.decode())
    return weights


def _loaded_by(url: str, text: str) -> Iterator[str]:
    found = IMPORTED if url.endswith(".js") else REFERENCED
    return (urljoin(url, address) for address in found.findall(text))
