"""The page checker: every page that any test opens is held to the same promises, and a fault says what to type instead.

`assert_page(html)` is for a whole document, `assert_fragment(html)` for what htmx swaps in. The rules stand in
`tests.support.page_rules`, one function each.
"""

from tests.support.markup import Document
from tests.support.page_rules import EVERYWHERE, WHOLE_PAGES


def assert_page(html: str) -> None:
    """Check a whole document; AssertionError lists every fault."""
    _refuse(page_faults(html))


def assert_fragment(html: str) -> None:
    """Check a piece of a page; what only the page around it can answer for is left out."""
    _refuse(fragment_faults(html))


def page_faults(html: str) -> list[str]:
    """Everything that is wrong with a document."""
    document = Document.of_page(html)
    return [fault for rule in (*EVERYWHERE, *WHOLE_PAGES) for fault in rule(document)]


def fragment_faults(html: str) -> list[str]:
    """Everything that is wrong with a fragment by itself."""
    document = Document.of_fragment(html)
    return [fault for rule in EVERYWHERE for fault in rule(document)]


def _refuse(faults: list[str]) -> None:
    assert not faults, "The page has faults:\n" + "\n".join(f"  - {fault}" for fault in faults)
