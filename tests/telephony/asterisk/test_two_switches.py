"""Two Asterisks of one installation, each with its own engine, phones and numbers: nothing of one touches the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.calls.models import CallRecord
from portal.contacts.models import CrmUser
from portal.kernel.db import transaction
from portal.routing.services import set_receivers
from portal.telephony.engine import CallOutcome, Presence
from portal.telephony.errors import SwitchInUse
from portal.telephony.lines import add_did, add_sip_line
from portal.telephony.services import hang_up, originate
from tests.browser import Browser
from tests.people import OLGA as OPERATOR
from tests.people import Cast
from tests.telephony.asterisk.fake import FakeAsterisk
from tests.telephony.asterisk.office import (
    SILENT,
    SLOW,
    calls_of,
    endpoint,
    fake_asterisk,
    is_online,
    on_asterisk,
    presence_of,
)
from tests.telephony.exchange import CLIENT, IGOR, LINE, OLGA, engine, finished, until, wire

LAKE = "lake"
LAKE_PHONE, LAKE_LINE = "SIP/00000000901", "78612223344"
LAKE_CLIENT = "79035551122"


@pytest.fixture(scope="session")
def lake_app(make_app: Callable[..., Flask], migrated_app: Flask) -> Flask:
    """The same installation as another machine's engine sees it."""
    settings = migrated_app.extensions["portal.settings"]
    return make_app(settings.database_url, data=Path(settings.data), PORTAL_SWITCH=LAKE)


@pytest.fixture
def north(app: Flask, cast: Cast) -> int:
    """A company with phones and a number on both; all of its people take calls of new contacts."""
    wire(app, cast.north)
    with app.app_context(), transaction(cast.north) as session:
        add_did(LAKE_LINE, switch=LAKE)
        line = add_sip_line(LAKE_PHONE, switch=LAKE)
        session.add(CrmUser(name="User 901", sip_line_id=line.id))
        session.flush()
        set_receivers(list(session.scalars(select(CrmUser.id).order_by(CrmUser.id))))
    return cast.north


@pytest.fixture
def main() -> Iterator[FakeAsterisk]:
    with fake_asterisk({OLGA: SLOW, IGOR: SLOW}) as fake:
        yield fake


@pytest.fixture
def lake() -> Iterator[FakeAsterisk]:
    """Its Asterisk knows phones of these names too: they are other phones, and nobody's."""
    with fake_asterisk({LAKE_PHONE: SLOW, OLGA: SILENT}) as fake:
        yield fake


@pytest.fixture
def both(app: Flask, lake_app: Flask, north: int, main: FakeAsterisk, lake: FakeAsterisk) -> Iterator[int]:
    with on_asterisk(app, main), on_asterisk(lake_app, lake):
        until(lambda: is_online(app, north) and is_online(app, north, LAKE_PHONE))
        yield north


def call_from(app: Flask, account_id: int, caller: str) -> CallRecord:
    def look() -> CallRecord | None:
        return next((call for call in calls_of(app, account_id) if call.caller == caller), None)

    return until(look)


def words_of(fake: FakeAsterisk) -> str:
    """All that was ever asked of it."""
    return repr(fake.asked)


@pytest.mark.usefixtures("both")
def test_calls_of_both_at_once_ring_phones_of_their_own_switch(
    app: Flask, north: int, main: FakeAsterisk, lake: FakeAsterisk
) -> None:
    # Both make their first channel in the same way: its id may be the same on both.
    assert main.call(CLIENT, LINE)
    assert lake.call(LAKE_CLIENT, LAKE_LINE)
    here, there = (finished(app, north, call_from(app, north, caller).api_call_id) for caller in (CLIENT, LAKE_CLIENT))

    assert (here.switch, there.switch) == ("main", LAKE)
    assert (here.outcome, there.outcome) == (CallOutcome.ANSWERED, CallOutcome.ANSWERED)
    assert {leg.address for leg in here.legs[1:]} <= {OLGA, IGOR}
    assert {leg.address for leg in there.legs[1:]} == {LAKE_PHONE}
    assert endpoint(LAKE_PHONE) not in words_of(main)
    assert endpoint(OLGA) not in words_of(lake)
    assert here.api_call_id not in words_of(lake)
    assert there.api_call_id not in words_of(main)


@pytest.mark.usefixtures("both")
def test_an_order_goes_to_the_switch_of_its_phone_and_an_end_to_the_calls_own(
    app: Flask, north: int, main: FakeAsterisk, lake: FakeAsterisk
) -> None:
    with app.app_context():
        here = originate(north, OLGA, CLIENT)
        there = originate(north, LAKE_PHONE, LAKE_CLIENT)
    until(lambda: here in words_of(main) and there in words_of(lake))
    until(lambda: len(calls_of(app, north)) == 2)
    with app.app_context():
        hang_up(north, there, LAKE)

    assert finished(app, north, there).switch == LAKE
    assert finished(app, north, here).switch == "main"
    assert here not in words_of(lake)
    assert there not in words_of(main)


def test_one_engine_ends_and_the_calls_of_the_other_go_on(
    app: Flask, lake_app: Flask, north: int, main: FakeAsterisk, lake: FakeAsterisk
) -> None:
    with on_asterisk(app, main):
        with on_asterisk(lake_app, lake):
            until(lambda: is_online(app, north) and is_online(app, north, LAKE_PHONE))
            assert main.call(CLIENT, LINE)
            assert lake.call(LAKE_CLIENT, LAKE_LINE, talk=100_000)
            left = call_from(app, north, LAKE_CLIENT).api_call_id
            until(lambda: _Talk(app, north, left).has_begun)
        call = finished(app, north, call_from(app, north, CLIENT).api_call_id)
        assert call.outcome == CallOutcome.ANSWERED
        assert _Talk(app, north, left).is_open, "nobody but its own engine may end it"
        assert lake.channels, "and it goes on at its Asterisk"
        with on_asterisk(lake_app, lake):
            until(lambda: presence_of(app, north, LAKE_PHONE) == Presence.BUSY)
            lake.hang_up_far_end(next(iter(lake.channels)))
            assert finished(app, north, left).switch == LAKE


class _Talk:
    def __init__(self, app: Flask, account_id: int, api_call_id: str) -> None:
        (call,) = (each for each in calls_of(app, account_id) if each.api_call_id == api_call_id)
        self.has_begun = call.answered_at is not None
        self.is_open = call.ended_at is None


@pytest.mark.usefixtures("both")
def test_a_second_engine_of_either_switch_is_refused(app: Flask, lake_app: Flask) -> None:
    for each in (app, lake_app):
        with pytest.raises(AssertionError, match=SwitchInUse.__name__), engine(each):
            pass


@pytest.mark.usefixtures("both")
def test_the_operators_page_names_both(browse: Callable[..., Browser]) -> None:
    page = browse(OPERATOR).get("/admin/processes").get_data(as_text=True)

    assert ">main<" in page
    assert f">{LAKE}<" in page
