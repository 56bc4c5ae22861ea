"""Every page that somebody can open, found as a person finds them: by the menu, and by the links of the lists."""

from collections.abc import Iterator, Sequence

from playwright.sync_api import Page

WIDTHS = (320, 360, 768, 1024, 1280)


def menu(tab: Page) -> list[str]:
    """The paths that the menu of the present page offers."""
    return [str(link.get_attribute("href")) for link in tab.locator(".nav a").all()]


def first_link(tab: Page, path: str, selector: str) -> str:
    """Where the first such link of a list leads."""
    tab.goto(path)
    return str(tab.locator(selector).first.get_attribute("href"))


def too_wide(tab: Page, widths: Sequence[int] = WIDTHS) -> Iterator[str]:
    """What scrolls sideways, at each width; the page is left at the last."""
    for width in widths:
        tab.set_viewport_size({"width": width, "height": 900})
        over = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            yield f"{tab.url} at {width}: {over} pixels too wide"
