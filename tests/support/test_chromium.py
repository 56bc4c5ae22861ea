"""The browser is real, and what goes wrong in it is seen."""

import pytest
from playwright.sync_api import Browser, Page

from tests.support.axe import assert_accessible, findings
from tests.support.chromium import open_context
from tests.support.receiver import Answer, Receiver

pytestmark = pytest.mark.browser

PAGE = "<!doctype html><html lang='en'><title>Calls</title><main><h1>Calls</h1>{}</main>"


def _serve(receiver: Receiver, content: str) -> None:
    html = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'"}
    receiver.answer(Answer(body=PAGE.format(content).encode(), headers=html))


def test_axe_runs_under_the_strictest_policy_and_has_no_findings_in_a_sound_page(tab: Page, receiver: Receiver) -> None:
    _serve(receiver, "<p>None today</p>")

    tab.goto(receiver.url)

    assert_accessible(tab)


def test_axe_finds_a_control_without_a_label(tab: Page, receiver: Receiver) -> None:
    _serve(receiver, "<input name='q'>")

    tab.goto(receiver.url)

    [found] = findings(tab)
    assert found.strip().startswith("label:")


@pytest.mark.parametrize(
    ("fault", "content"),
    [
        ("Content Security Policy", "<p style='color: red'>Red</p>"),
        ("request to another machine", "<a href='http://crm.example/'>Out</a>"),
    ],
)
def test_a_fault_in_the_browser_fails_the_test(browser: Browser, receiver: Receiver, fault: str, content: str) -> None:
    _serve(receiver, content)

    with pytest.raises(AssertionError, match=fault):
        _look_around(browser, receiver.url)


def _look_around(browser: Browser, url: str) -> None:
    with open_context(browser) as context:
        page = context.new_page()
        page.goto(url)
        for link in page.get_by_role("link").all():
            # The name is not found, which is the point; the attempt is seen all the same.
            with page.expect_event("requestfailed"):
                link.click(no_wait_after=True)
