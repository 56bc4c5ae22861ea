"""A page is not stopped to look through what the process keeps for good; rings of objects are still found."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from portal.server.garbage import look_seldom


class Ring:
    """Refers to itself."""

    def __init__(self) -> None:
        """A ring of one."""
        self.itself = self


@pytest.fixture
def seldom() -> Iterator[None]:
    """As in a web server; the tests after this one have it as before."""
    before = gc.get_threshold()
    look_seldom()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("seldom")
def test_what_was_made_before_is_not_looked_through() -> None:
    assert gc.get_freeze_count() > len(gc.get_objects())


@pytest.mark.usefixtures("seldom")
def test_a_ring_that_nobody_needs_goes_by_itself() -> None:
    gone = weakref.ref(Ring())

    kept = [[number] for number in range(gc.get_threshold()[0] + 1_000)]

    assert gone() is None
    assert kept
