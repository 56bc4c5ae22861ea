"""The driver on an Asterisk that keeps to the recorded facts, with time that flies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from portal.kernel.errors import Unavailable
from portal.recordings.models import Recording, RecordingState
from portal.telephony.engine import CallKind, CallOutcome, LegEnd, LegResult, Presence
from portal.telephony.services import hang_up, originate, place_test_call
from tests.people import Cast
from tests.telephony.asterisk.fake import FakeAsterisk
from tests.telephony.asterisk.office import (
    BUSY,
    DECLINING,
    OFFLINE,
    QUICK,
    SILENT,
    asked,
    calls_of,
    endpoint,
    fake_asterisk,
    is_online,
    on_asterisk,
    only_call,
    presence_of,
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


@pytest.fixture
def running(app: Flask, north: int, fake: FakeAsterisk) -> Iterator[int]:
    """North's engine on the fake, phones seen."""
    with on_asterisk(app, fake):
        until(lambda: is_online(app, north))
        yield north


def incoming(app: Flask, fake: FakeAsterisk, north: int, *, talk: float = 20.0) -> CallRecord:
    assert fake.call(CLIENT, LINE, talk=talk)
    return finished(app, north, only_call(app, north))


def record_state(app: Flask, call: CallRecord) -> str:
    with app.app_context(), transaction(call.account_id, writes=False) as session:
        found = session.query(Recording).where(Recording.call_id == call.id).one_or_none()
        return "" if found is None else found.state


def test_a_call_rings_is_answered_recorded_and_written(app: Flask, fake: FakeAsterisk, running: int) -> None:
    call = incoming(app, fake, running)

    assert (call.kind, call.caller, call.did, call.callee) == (CallKind.INCOMING, CLIENT, LINE, OLGA)
    assert call.outcome == CallOutcome.ANSWERED
    assert 20 <= (call.talk_seconds or 0) <= 40
    assert [(leg.address, leg.result, leg.end) for leg in call.legs] == [
        (CLIENT, LegResult.ANSWERED, LegEnd.CALLER_HUNG_UP),
        (OLGA, LegResult.ANSWERED, LegEnd.CALLER_HUNG_UP),
    ]
    until(lambda: record_state(app, call) == RecordingState.READY)
    until(lambda: not fake.stored and not fake.channels and not fake.bridges)


def test_a_trunk_may_leave_the_plus_out(app: Flask, fake: FakeAsterisk, running: int) -> None:
    assert fake.call("4533121212", LINE, talk=1.0)

    assert finished(app, running, only_call(app, running)).caller == "4533121212"


def test_the_caller_hears_ringing_and_is_not_answered_before_a_phone_is(
    app: Flask, fake: FakeAsterisk, running: int
) -> None:
    fake.phones[endpoint(OLGA)] = SILENT
    channel = fake.call(CLIENT, LINE)
    assert channel
    until(lambda: asked(fake, "POST", f"{channel}/ring"))
    until(lambda: presence_of(app, running, OLGA) == Presence.RINGING)

    assert not asked(fake, "POST", "/answer")
    assert fake.channels[channel].state == "Ring"


@pytest.mark.parametrize(
    ("behaviour", "result"),
    [(BUSY, LegResult.BUSY), (DECLINING, LegResult.DECLINED), (SILENT, LegResult.NO_ANSWER)],
    ids=["busy", "declines", "silent"],
)
def test_the_next_phone_rings_when_one_does_not_take_the_call(
    app: Flask, fake: FakeAsterisk, running: int, behaviour: object, result: LegResult
) -> None:
    fake.phones[endpoint(OLGA)] = behaviour  # type: ignore[assignment]

    call = incoming(app, fake, running)

    assert [(leg.address, leg.result) for leg in call.legs[1:]] == [(OLGA, result), (IGOR, LegResult.ANSWERED)]


def test_a_phone_that_went_away_unseen_is_passed_over_at_once(app: Flask, fake: FakeAsterisk, running: int) -> None:
    fake.phones[endpoint(OLGA)] = OFFLINE

    call = incoming(app, fake, running)

    assert [(leg.address, leg.result) for leg in call.legs[1:]] == [
        (OLGA, LegResult.OFFLINE),
        (IGOR, LegResult.ANSWERED),
    ]


def test_a_busy_switch_that_has_not_taken_the_channel_in_yet_is_asked_again(
    app: Flask, fake: FakeAsterisk, north: int, running: int
) -> None:
    fake.not_ours_yet = 3
    call = incoming(app, fake, north)

    assert [(leg.address, leg.result) for leg in call.legs[1:]] == [(OLGA, LegResult.ANSWERED)]
    assert fake.not_ours_yet == 0


def test_a_caller_who_gives_up_leaves_no_phone_ringing(app: Flask, fake: FakeAsterisk, running: int) -> None:
    fake.phones[endpoint(OLGA)] = SILENT
    assert fake.call(CLIENT, LINE, patience=5)

    call = finished(app, running, only_call(app, running))

    assert call.outcome == CallOutcome.MISSED
    assert [leg.result for leg in call.legs] == [LegResult.CALLER_GAVE_UP, LegResult.CALLER_GAVE_UP]
    until(lambda: not fake.channels)


def test_a_phone_that_hangs_up_ends_the_call(app: Flask, fake: FakeAsterisk, running: int) -> None:
    assert fake.call(CLIENT, LINE, talk=600)
    phone = until(lambda: next((each for each in fake.channels.values() if each.is_ours and each.state == "Up"), None))
    until(lambda: find(app, running).answered_at)
    fake.hang_up_far_end(phone.id)

    call = finished(app, running, only_call(app, running))

    assert call.legs[1].end == LegEnd.CALLEE_HUNG_UP
    until(lambda: not fake.channels)


def find(app: Flask, account_id: int) -> CallRecord:
    call = find_call(app, account_id, only_call(app, account_id))
    assert call is not None
    return call


def test_a_record_whose_end_asterisk_does_not_tell_is_fetched_all_the_same(
    app: Flask, fake: FakeAsterisk, running: int
) -> None:
    fake.loses_record_news = True

    call = incoming(app, fake, running)

    until(lambda: record_state(app, call) == RecordingState.READY)


def test_click_to_call_rings_the_phone_first_and_then_the_number(app: Flask, fake: FakeAsterisk, running: int) -> None:
    with app.app_context():
        call_id = originate(running, OLGA, "79161234560")

    call = finished(app, running, call_id)

    assert (call.kind, call.outcome, call.did) == (CallKind.OUTGOING, CallOutcome.ANSWERED, LINE)
    assert [(leg.address, leg.result) for leg in call.legs] == [
        (OLGA, LegResult.ANSWERED),
        ("79161234560", LegResult.ANSWERED),
    ]
    created = [arguments for _method, path, arguments in fake.asked if path == "channels/create"]
    assert [each["endpoint"] for each in created] == [f"PJSIP/{endpoint(OLGA)}", "PJSIP/79161234560@trunk"]
    assert [each["variables"]["CONNECTEDLINE(num,i)"] for each in created] == ["79161234560", LINE]


def test_a_number_dialled_on_the_phone_is_called(app: Flask, fake: FakeAsterisk, running: int) -> None:
    assert fake.dial(endpoint(OLGA), "89161234560")

    call = finished(app, running, only_call(app, running))

    assert (call.kind, call.caller, call.callee) == (CallKind.OUTGOING, OLGA, "79161234560")
    assert call.outcome == CallOutcome.ANSWERED


def test_a_colleagues_number_dialled_on_the_phone_is_an_internal_call(
    app: Flask, fake: FakeAsterisk, running: int
) -> None:
    assert fake.dial(endpoint(OLGA), endpoint(IGOR))

    call = until(lambda: next((each for each in calls_of(app, running) if each.answered_at), None))

    assert (call.kind, call.caller, call.callee) == (CallKind.INTERNAL, OLGA, IGOR)


def test_a_strange_endpoint_and_a_strange_number_are_turned_away(app: Flask, fake: FakeAsterisk, running: int) -> None:
    assert fake.call(CLIENT, "74990000000")
    assert fake.dial("999", "89161234560")
    until(lambda: not fake.channels)

    assert not calls_of(app, running)


def test_a_call_is_ended_from_the_cabinet(app: Flask, fake: FakeAsterisk, running: int) -> None:
    assert fake.call(CLIENT, LINE, talk=600)
    until(lambda: find(app, running).answered_at)
    with app.app_context():
        hang_up(running, only_call(app, running))

    assert finished(app, running, only_call(app, running)).legs[0].end == LegEnd.ORDERED
    until(lambda: not fake.channels)


def test_a_test_call_from_outside_is_nothing_that_a_real_switch_can_do(app: Flask, running: int) -> None:
    with app.app_context(), pytest.raises(Unavailable):
        place_test_call(running)


def test_phones_are_seen_as_they_are(app: Flask, fake: FakeAsterisk, running: int) -> None:
    fake.phones[endpoint(IGOR)] = OFFLINE
    fake.tell("DeviceStateChanged", device_state={"name": f"PJSIP/{endpoint(IGOR)}", "state": "UNAVAILABLE"})
    until(lambda: presence_of(app, running, IGOR) == Presence.OFFLINE)

    assert fake.call(CLIENT, LINE, talk=600)
    until(lambda: presence_of(app, running, OLGA) == Presence.BUSY)


def test_a_second_accounts_phone_of_the_same_name_is_not_rung(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)
    wire(app, cast.south, did="78612223344")
    fake.phones[endpoint(OLGA)] = QUICK
    with on_asterisk(app, fake):
        until(lambda: is_online(app, cast.north))
        assert fake.call(CLIENT, "78612223344")
        call = finished(app, cast.south, only_call(app, cast.south))

    assert call.outcome == CallOutcome.MISSED
    assert not asked(fake, "POST", "/dial")
