"""Accessibility of a page in the browser, by axe-core 4.14.1 (vendored, MPL 2.0)."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def findings(page: Page) -> list[str]:
    """What axe finds in the page as it stands now, each with the elements and what to mend."""
    _settle(page)
    # Through the debugger and not as a <script>, since the page's content security policy would refuse that, rightly.
    page.evaluate(_source())
    result: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", STANDARDS
    )
    return [_say(violation) for violation in result["violations"]]


def _settle(page: Page) -> None:
    """Wait until what comes in by an animation stands there: a text half faded in has a colour that nobody reads."""
    page.evaluate(
        """async () => {
             const ends = document.getAnimations().filter(
               one => one.playState === "running" && Number.isFinite(one.effect.getComputedTiming().endTime));
             await Promise.allSettled(ends.map(one => one.finished));
           }"""
    )


def assert_accessible(page: Page) -> None:
    """AssertionError with every finding."""
    found = findings(page)
    assert not found, f"axe on {page.url}:\n" + "\n".join(found)


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def _say(violation: dict[str, Any]) -> str:
    places = "\n".join(f"    {node['html']}\n      {node['failureSummary']}" for node in violation["nodes"])
    return f"  {violation['id']}: {violation['help']}\n{places}"
