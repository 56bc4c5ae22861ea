"""The caller's card opens for whoever is rung, and closes for those who did not take the call."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from flask import Flask

from portal.connectors.telling.carrier import CrmCarrier
from portal.contacts.services import map_crm_users
from portal.telephony.engine import CallSnapshot
from tests.calls.factory import CALLER, IGOR_PHONE, Story, after, tell
from tests.connectors.amocrm import AmoCrmServer
from tests.connectors.bitrix24 import Bitrix24Server
from tests.connectors.office import connect_amo, connect_application, join
from tests.connectors.server import Said
from tests.contacts import desk as contacts_desk
from tests.contacts.desk import inside
from tests.integration.desk import Desk
from tests.people import Cast


@pytest.fixture
def team(app: Flask, cast: Cast, desk: Desk) -> None:
    """Olga has 672, Igor 673."""
    with inside(app, cast.north):
        map_crm_users({desk.igor: desk.line_673})
    assert contacts_desk.mapping(app, cast.north)["Igor Batov"] == IGOR_PHONE


def both_ring(story: Story) -> CallSnapshot:
    """Olga's and Igor's phones at once."""
    snapshot = story.started()
    caller, olga = snapshot.legs
    return replace(snapshot, legs=(caller, olga, replace(olga, number=3, address=IGOR_PHONE, label="Igor Batov")))


def olga_answers(story: Story) -> CallSnapshot:
    snapshot = story.answered()
    caller, olga = snapshot.legs
    igor = replace(olga, number=3, address=IGOR_PHONE, answered_at=None, ended_at=after(story.started_at, 5))
    return replace(snapshot, legs=(caller, olga, igor))


def test_amocrm_opens_the_card_for_those_who_are_rung(app: Flask, cast: Cast, team: None, amo: AmoCrmServer) -> None:
    connect_amo(app, cast.north, amo)
    join(app, cast.north, Olga="12", Igor="13")
    story = Story(cast.north)
    carrier = CrmCarrier(app)

    tell(app, both_ring(story))
    carrier.round()
    tell(app, olga_answers(story))
    carrier.round()

    assert amo.events == [{"type": "phone_call", "phone_number": CALLER, "users": ["12", "13"]}]


def test_bitrix24_opens_closes_and_finishes_one_card(
    app: Flask, cast: Cast, team: None, bitrix: Bitrix24Server
) -> None:
    connect_application(app, cast.north, bitrix)
    join(app, cast.north, Olga="5", Igor="6")
    story = Story(cast.north)
    carrier, call_id = CrmCarrier(app), f"externalCall.{story.api_call_id}"

    tell(app, both_ring(story))
    carrier.round()
    assert bitrix.screens[call_id] == ["5", "6"]

    tell(app, olga_answers(story))
    carrier.round()
    assert bitrix.screens[call_id] == ["5"]

    tell(app, story.finished())
    carrier.round()
    assert bitrix.screens[call_id] == []
    assert len(bitrix.calls) == 1
    registered = [path for path in bitrix.paths() if "register" in path]
    assert len(registered) == 1, "the call that was shown is the one that is written"


def test_a_phone_that_rings_later_gets_its_card_then(
    app: Flask, cast: Cast, team: None, bitrix: Bitrix24Server
) -> None:
    connect_application(app, cast.north, bitrix)
    join(app, cast.north, Olga="5", Igor="6")
    story, carrier = Story(cast.north), CrmCarrier(app)
    tell(app, story.started())
    carrier.round()
    second = both_ring(story)
    caller, olga, igor = second.legs
    tell(app, replace(second, version=2, legs=(caller, replace(olga, ended_at=after(story.started_at, 15)), igor)))

    carrier.round()

    assert bitrix.screens[f"externalCall.{story.api_call_id}"] == ["6"]


def test_a_card_that_cannot_be_shown_costs_the_call_nothing(
    app: Flask, cast: Cast, team: None, amo: AmoCrmServer
) -> None:
    connect_amo(app, cast.north, amo)
    join(app, cast.north, Olga="12")
    amo.know(CALLER, owner=12)
    amo.faults.append(Said(400, {"title": "Bad Request"}))
    story, carrier = Story(cast.north), CrmCarrier(app)
    tell(app, story.started())
    assert carrier.round() == 0

    tell(app, story.answered(), story.finished())
    carrier.round()

    assert len(amo.calls) == 1


def test_nobody_of_the_crm_is_rung(app: Flask, cast: Cast, team: None, amo: AmoCrmServer) -> None:
    connect_amo(app, cast.north, amo)
    tell(app, Story(cast.north).started())

    CrmCarrier(app).round()

    assert amo.events == []


def test_a_running_worker_shows_the_card_by_itself(app: Flask, cast: Cast, team: None, amo: AmoCrmServer) -> None:
    """The engine writes, the bell rings, the worker tells; the engine waits for none of it."""
    connect_amo(app, cast.north, amo)
    join(app, cast.north, Olga="12")
    stop, came = threading.Event(), threading.Event()
    answer = amo.answer
    amo.answer = lambda asked: (came.set(), answer(asked))[1]  # type: ignore[method-assign,func-returns-value]
    carrier = threading.Thread(target=CrmCarrier(app).run, args=(stop,))
    carrier.start()
    try:
        tell(app, Story(cast.north).started())
        assert came.wait(20)
    finally:
        stop.set()
        carrier.join()

    assert amo.events[0]["users"] == ["12"]
