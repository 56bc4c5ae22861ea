"""The engine goes and comes back, the line to Asterisk breaks, Asterisk begins anew: every call has a true end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from portal.recordings.models import Recording, RecordingState
from portal.telephony.engine import CallOutcome, LegEnd, LegResult
from tests.people import Cast
from tests.telephony.asterisk.fake import FakeAsterisk
from tests.telephony.asterisk.fake_phones import FakeChannel
from tests.telephony.asterisk.office import (
    QUICK,
    SILENT,
    asked,
    calls_of,
    endpoint,
    fake_asterisk,
    is_online,
    on_asterisk,
    only_call,
)
from tests.telephony.exchange import CLIENT, IGOR, LINE, OLGA, find_call, finished, until, wire


@pytest.fixture
def north(app: Flask, cast: Cast) -> int:
    wire(app, cast.north)
    return cast.north


@pytest.fixture
def fake() -> Iterator[FakeAsterisk]:
    with fake_asterisk() as fake:
        yield fake


def talking(app: Flask, account_id: int) -> CallRecord | None:
    call = find_call(app, account_id, only_call(app, account_id))
    return call if call is not None and call.answered_at is not None else None


def ringing(fake: FakeAsterisk) -> FakeChannel | None:
    return next((each for each in fake.channels.values() if each.state == "Ringing"), None)


def begin_talk(app: Flask, fake: FakeAsterisk, north: int) -> str:
    """A talk that goes on until somebody is told to hang up."""
    until(lambda: is_online(app, north))
    channel = fake.call(CLIENT, LINE, talk=100_000)
    assert channel
    until(lambda: talking(app, north))
    until(lambda: fake.live)
    return channel


def test_an_engine_that_is_stopped_leaves_a_talk_alone_and_the_next_one_ends_it_truly(
    app: Flask, north: int, fake: FakeAsterisk
) -> None:
    with on_asterisk(app, fake):
        caller = begin_talk(app, fake, north)
    assert len(fake.channels) == 2
    assert not calls_of(app, north)[0].ended_at

    with on_asterisk(app, fake):
        until(lambda: asked(fake, "GET", "bridges")[1:])
        fake.hang_up_far_end(caller)
        call = finished(app, north, only_call(app, north))
        until(lambda: not fake.channels and not fake.bridges)
        until(lambda: recorded(app, call))

    assert call.outcome == CallOutcome.ANSWERED
    assert call.legs[0].end == LegEnd.CALLER_HUNG_UP


def recorded(app: Flask, call: CallRecord) -> bool:
    with app.app_context(), transaction(call.account_id, writes=False) as session:
        found = session.query(Recording).where(Recording.call_id == call.id).one_or_none()
        return found is not None and found.state == RecordingState.READY


def test_a_talk_that_ended_while_no_engine_ran_ends_with_its_last_sign_of_life_and_keeps_its_record(
    app: Flask, north: int, fake: FakeAsterisk
) -> None:
    with on_asterisk(app, fake):
        caller = begin_talk(app, fake, north)
    fake.hang_up_far_end(caller)

    with on_asterisk(app, fake):
        call = finished(app, north, only_call(app, north))
        until(lambda: not fake.channels and not fake.bridges)
        until(lambda: recorded(app, call))

    assert call.outcome == CallOutcome.ANSWERED
    assert {leg.end for leg in call.legs} == {LegEnd.SWITCH_LOST}


def test_a_caller_who_waited_through_a_gap_is_connected_by_the_next_engine(
    app: Flask, north: int, fake: FakeAsterisk
) -> None:
    fake.phones[endpoint(OLGA)] = SILENT
    with on_asterisk(app, fake):
        until(lambda: is_online(app, north))
        assert fake.call(CLIENT, LINE, patience=100_000)
        until(lambda: ringing(fake))
        until(lambda: calls_of(app, north))
    fake.phones[endpoint(OLGA)] = QUICK

    with on_asterisk(app, fake):
        call = finished(app, north, only_call(app, north))

    assert call.outcome == CallOutcome.ANSWERED
    assert [leg.result for leg in call.legs[1:]] == [LegResult.INTERRUPTED, LegResult.ANSWERED]


def test_a_phone_that_answered_in_a_gap_is_connected_with_its_caller_and_recorded(
    app: Flask, north: int, fake: FakeAsterisk
) -> None:
    fake.phones[endpoint(OLGA)] = SILENT
    with on_asterisk(app, fake):
        until(lambda: is_online(app, north))
        assert fake.call(CLIENT, LINE, patience=100_000)
        phone = until(lambda: ringing(fake))
        until(lambda: any(len(call.legs) == 2 for call in [find_call(app, north, only_call(app, north))] if call))
    fake.pick_up(phone.id)

    with on_asterisk(app, fake):
        call = finished(app, north, only_call(app, north))

        until(lambda: recorded(app, call))

    assert call.outcome == CallOutcome.ANSWERED
    assert [(leg.address, leg.result) for leg in call.legs[1:]] == [(OLGA, LegResult.ANSWERED)]


def test_a_caller_of_whom_nothing_was_written_is_received_by_the_next_engine(
    app: Flask, north: int, fake: FakeAsterisk
) -> None:
    with on_asterisk(app, fake):
        until(lambda: is_online(app, north))
        fake.is_mute = True
        assert fake.call(CLIENT, LINE)
    fake.is_mute = False

    with on_asterisk(app, fake):
        call = finished(app, north, only_call(app, north))

    assert call.outcome == CallOutcome.ANSWERED


def test_a_broken_line_is_made_again_and_what_it_missed_is_noticed(app: Flask, north: int, fake: FakeAsterisk) -> None:
    with on_asterisk(app, fake):
        caller = begin_talk(app, fake, north)
        fake.cut()
        fake.hang_up_far_end(caller)
        call = finished(app, north, only_call(app, north))
        until(lambda: not fake.channels and not fake.bridges)

    assert call.outcome == CallOutcome.ANSWERED
    assert call.legs[0].end == LegEnd.CALLER_HUNG_UP


def test_hunting_goes_on_after_a_broken_line(app: Flask, north: int, fake: FakeAsterisk) -> None:
    fake.phones[endpoint(OLGA)] = SILENT
    with on_asterisk(app, fake):
        until(lambda: is_online(app, north))
        assert fake.call(CLIENT, LINE, patience=100_000)
        until(lambda: ringing(fake))
        fake.cut()
        call = finished(app, north, only_call(app, north))

    assert [(leg.address, leg.result) for leg in call.legs[1:]] == [
        (OLGA, LegResult.NO_ANSWER),
        (IGOR, LegResult.ANSWERED),
    ]


def test_an_asterisk_that_begins_anew_has_lost_its_calls(app: Flask, north: int, fake: FakeAsterisk) -> None:
    with on_asterisk(app, fake):
        begin_talk(app, fake, north)
        fake.restart()
        call = finished(app, north, only_call(app, north))
        assert fake.call(CLIENT, LINE) or until(lambda: fake.call(CLIENT, LINE))
        until(lambda: len([each for each in calls_of(app, north) if each.answered_at]) == 2)

    assert call.outcome == CallOutcome.ANSWERED
    assert {leg.end for leg in call.legs} == {LegEnd.SWITCH_LOST}


def test_channels_and_bridges_that_belong_to_no_call_are_swept_away(app: Flask, north: int, fake: FakeAsterisk) -> None:
    stray = {
        "endpoint": f"PJSIP/{endpoint(OLGA)}",
        "app": "portal",
        "appArgs": "leg",
        "channelId": f"{'a' * 32}-2-0badcafe",
    }
    fake.create({**stray, "variables": {"CONNECTEDLINE(num,i)": ""}})
    fake.create({**stray, "channelId": "somebody-elses", "variables": {"CONNECTEDLINE(num,i)": ""}})
    fake.bridges |= {f"{'a' * 32}-bridge-0badcafe": set(), "not-ours": set()}

    with on_asterisk(app, fake):
        until(lambda: list(fake.channels) == ["somebody-elses"] and list(fake.bridges) == ["not-ours"])
