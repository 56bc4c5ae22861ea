"""Nothing is stopped to look through what a process keeps for good; rings of objects are still found."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.server import parts
from portal.server.garbage import look_seldom


class Ring:
    """Refers to itself."""

    def __init__(self) -> None:
        """A ring of one."""
        self.itself = self


@pytest.fixture
def seldom() -> Iterator[None]:
    """As in a web server; the tests after this one have it as before."""
    before = gc.get_threshold(), sys.getswitchinterval()
    look_seldom()
    yield
    gc.unfreeze()
    gc.set_threshold(*before[0])
    sys.setswitchinterval(before[1])


@pytest.mark.usefixtures("seldom")
def test_what_was_made_before_is_not_looked_through() -> None:
    assert gc.get_freeze_count() > len(gc.get_objects())


@pytest.mark.usefixtures("seldom")
def test_a_ring_that_nobody_needs_goes_by_itself() -> None:
    gone = weakref.ref(Ring())

    kept = [[number] for number in range(gc.get_threshold()[0] + 1_000)]

    assert gone() is None
    assert kept


@pytest.mark.usefixtures("seldom")
def test_the_worker_looks_through_nothing_that_it_began_with(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    gc.unfreeze()
    frozen: list[int] = []
    monkeypatch.setattr(parts, "until_told", lambda _work: frozen.append(gc.get_freeze_count()))

    parts.run_worker(app)

    assert frozen[0] > 100_000
