"""Streams of live pages: one account's news are its own, and no person takes the streams of all."""

from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask, g

from portal.kernel.bells import SocketBells, live_topic
from portal.kernel.clock import monotonic, now
from portal.web.live import EVERYTHING, LiveHub, read_stamp, stamp
from tests.browser import Browser

NORTH, SOUTH = 1, 2
ANNA, BORIS, CLARA = 1, 2, 3


@pytest.fixture
def bells(tmp_path: Path) -> SocketBells:
    return SocketBells(tmp_path / "bells")


@pytest.fixture
def hub(bells: SocketBells) -> LiveHub:
    return LiveHub(bells, limit=4)


def test_a_page_hears_of_its_own_account_only(hub: LiveHub, bells: SocketBells) -> None:
    """A7."""
    page = hub.join(NORTH, ANNA)
    assert page is not None

    bells.ring([live_topic(SOUTH, "calls-changed")])
    bells.ring([live_topic(NORTH, "balance-changed")])

    stream = hub.read(page, lambda: False)
    assert [next(stream), next(stream)] == [": open\n\n", "event: balance-changed\ndata: \n\n"]


def test_what_changed_while_a_page_was_on_its_way_is_told_at_once(hub: LiveHub, bells: SocketBells) -> None:
    before = now()
    page = hub.join(NORTH, ANNA)
    assert page is not None
    bells.ring([live_topic(NORTH, "calls-changed")])
    first = hub.read(page, lambda: False)
    assert [next(first), next(first)] == [": open\n\n", "event: calls-changed\ndata: \n\n"]

    drawn_after_it, drawn_before_it = hub.join(NORTH, ANNA, now()), hub.join(NORTH, ANNA, page_began(hub))
    stranger = hub.join(SOUTH, CLARA, before)

    assert drawn_after_it
    assert drawn_before_it
    assert stranger
    assert drawn_after_it.inbox.empty()
    assert drawn_before_it.inbox.get_nowait() == "calls-changed"
    # Nobody listened yet when this one was drawn.
    assert stranger.inbox.get_nowait() == EVERYTHING


def page_began(hub: LiveHub) -> datetime:
    """A moment at which the hub listened already, and nothing had happened yet."""
    return hub._hears_since


def test_a_stamp_comes_back_as_it_was_written(app: Flask) -> None:
    with app.test_request_context():
        g.began = monotonic()
        read = read_stamp(stamp())

    assert read is not None
    assert abs((now() - read).total_seconds()) < 5
    assert [read_stamp(text) for text in ("", "x", "9" * 40, "1e9", "-1.000")] == [None] * 5


def test_who_opened_them_all_gives_one_up_to_another(hub: LiveHub) -> None:
    """The oldest ends; its page asks anew, and goes without then."""
    oldest, *_others = [hub.join(NORTH, ANNA) for _ in range(4)]
    assert oldest is not None

    assert hub.join(SOUTH, CLARA)

    assert list(hub.read(oldest, lambda: False)) == [": open\n\n"]
    assert hub.join(NORTH, ANNA) is None


def test_a_full_hub_refuses_whoever_has_as_many_as_the_others(hub: LiveHub) -> None:
    assert all(hub.join(account, person) for account, person in [(NORTH, ANNA), (NORTH, BORIS)] * 2)

    assert hub.join(NORTH, ANNA) is None
    assert hub.join(SOUTH, CLARA)


def test_a_page_that_was_left_makes_room(hub: LiveHub) -> None:
    *_others, page = [hub.join(NORTH, ANNA) for _ in range(4)]
    assert page is not None
    assert hub.join(NORTH, ANNA) is None

    hub.leave(page)

    assert hub.join(NORTH, ANNA)


def test_looking_at_the_address_takes_no_stream(anna: Browser) -> None:
    """A HEAD, as link checkers send it, was a stream that nobody read and nobody ended."""
    for _ in range(20):
        anna.head("/live").close()

    with anna.get("/live") as answer:
        assert answer.status_code == 200
