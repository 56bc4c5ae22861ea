"""What is measured, each in several rounds; the figure is the median of the rounds."""

import re
import resource
import statistics
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from portal.telephony.services import place_test_call
from tests.bench.sites import PASSWORD, Site, demo
from tests.people import ANNA
from tests.support.chromium import launch, open_context
from tests.support.receiver import Receiver
from tests.support.visitor import Visitor

PAGES = {
    "overview, the first page": "/",
    "integration": "/integration",
    "call log": "/calls",
    "call log, missed incoming": "/calls?direction=in&outcome=missed",
    "call log, part of a number": "/calls?q=999887",
    "balance": "/balance",
}
FILLED = re.compile(r"\((\d+) rows.* ([\d,]+) rows/s")


def quantiles(seconds: list[float]) -> tuple[float, float]:
    """The 50th and the 95th hundredth."""
    hundredths = statistics.quantiles(seconds, n=100, method="inclusive")
    return hundredths[49], hundredths[94]


def pages(site: Site, rounds: int, visits: int) -> dict[str, tuple[float, float]]:
    """Seconds of each page, p50 and p95, one after another over one connection."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in PAGES}
    with Visitor(site.url) as anna:
        anna.sign_in(ANNA.email, PASSWORD)
        for path in PAGES.values():
            anna.get(path)
        for _ in range(rounds):
            for name, path in PAGES.items():
                found[name].append(quantiles([anna.seconds_of(path) for _ in range(visits)]))
    return {name: _medians(each) for name, each in found.items()}


def notices(site: Site, rounds: int, calls: int) -> tuple[float, float]:
    """Seconds from the order of a test call to the notice of its start at a receiver, p50 and p95."""
    with Receiver() as receiver, Visitor(site.url) as anna:
        anna.sign_in(ANNA.email, PASSWORD)
        answer = anna.post("/webhooks", {"url": f"{receiver.url}/calls", "event": "call-started"})
        assert answer.status_code == 303, answer.text
        return _medians([quantiles([_seconds_to_notice(site, receiver) for _ in range(calls)]) for _ in range(rounds)])


def _seconds_to_notice(site: Site, receiver: Receiver) -> float:
    receiver.forget()
    began = time.monotonic()
    with site.app.app_context():
        api_call_id = place_test_call(1)
    [notice] = receiver.wait_for(1)
    assert ("api_call_id", api_call_id) in notice.parameters
    return notice.at - began


def starts(data: Path, rounds: int) -> float:
    """Seconds from the command to `Ready`; a folder that is not there is made anew in each round."""
    found = []
    for number in range(rounds):
        folder = data if data.exists() else data.with_name(f"{data.name}-{number}")
        began = time.monotonic()
        with demo(folder):
            found.append(time.monotonic() - began)
    return statistics.median(found)


def fill(site: Site, calls: int) -> tuple[float, float]:
    """Rows (calls, their legs and postings) that `portal fill` writes, beside the running installation.

    By the clock, and by its own processor time, which other work on the machine does not change.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    last = site.run("fill", "--account", "1", "--calls", str(calls)).splitlines()[-1]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = FILLED.search(last)
    assert found, last
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return float(found[2].replace(",", "")), int(found[1]) / processor


def weight(site: Site) -> dict[str, int]:
    """Bytes on the wire of a first visit to the first page, by kind, headers included."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        with open_context(browser) as context:
            page = context.new_page()
            page.goto(f"{site.url}/login")
            page.locator("[name=email]").fill(ANNA.email)
            page.locator("[name=password]").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{site.url}/")
            debugger = context.new_cdp_session(page)
            kinds: dict[str, str] = {}
            sizes: dict[str, int] = {}
            debugger.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
            debugger.on(
                "Network.loadingFinished",
                lambda event: sizes.update({event["requestId"]: int(event["encodedDataLength"])}),
            )
            debugger.send("Network.enable")
            debugger.send("Network.setCacheDisabled", {"cacheDisabled": True})
            page.goto(f"{site.url}/", wait_until="load")
            page.wait_for_timeout(1_000)
        browser.close()
    return {
        kind: sum(size for i, size in sizes.items() if kinds.get(i) == kind) for kind in sorted(set(kinds.values()))
    }


def _medians(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(low for low, _ in rounds), statistics.median(high for _, high in rounds)
