from pathlib import Path

import pytest

from portal.telephony.control.times import call_times
from portal.telephony.engine import CallChange, CallKind, CallOutcome, LegEnd, LegResult, Presence
from portal.telephony.engines.sandbox.lines import PhoneSettings
from portal.telephony.plan import Fallback, FallbackCause, RingStep, RoutePlan, StepReason, Target
from tests.telephony.sandbox.room import (
    ANN,
    BEN,
    BUSY,
    CAT,
    DECLINING,
    DID,
    NORTH,
    OFFLINE,
    QUICK,
    SILENT,
    SLOW,
    SOUTH,
    STRANGER,
    Room,
    call_id,
    seconds_of,
    told,
)

MOBILE = "79161112230"


def step(*addresses: str, seconds: int = 15) -> RingStep:
    return RingStep(tuple(Target(address) for address in addresses), seconds, StepReason.HUNT)


def plan(*steps: RingStep, fallback: Fallback | None = None) -> RoutePlan:
    cause = FallbackCause.NOBODY_ANSWERED
    return RoutePlan(steps, 120, {cause: fallback} if fallback else {})


def test_one_after_another_reaches_the_second_when_the_first_is_silent(tmp_path: Path) -> None:
    call = Room(tmp_path, {ANN: SILENT, BEN: QUICK}, plan(step(ANN), step(BEN))).incoming(talk=30)
    assert told(call) == [(ANN, LegResult.NO_ANSWER), (BEN, LegResult.ANSWERED)]
    assert call.callee == BEN
    times = call_times(call)
    assert (times.talk_seconds, times.a_waiting_seconds, times.b_waiting_seconds) == (30, 17, 2)


def test_all_at_once_is_taken_by_the_quickest_and_the_others_are_free_again(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: SLOW, BEN: QUICK, CAT: SILENT}, plan(step(ANN, BEN, CAT)))
    call = room.incoming()
    assert told(call) == [
        (ANN, LegResult.ANSWERED_ELSEWHERE),
        (BEN, LegResult.ANSWERED),
        (CAT, LegResult.ANSWERED_ELSEWHERE),
    ]
    assert set(room.switch.presence(NORTH).values()) == {Presence.ONLINE}
    rang = [(each, Presence.RINGING) for each in (ANN, BEN, CAT)]
    silenced = [(ANN, Presence.ONLINE), (CAT, Presence.ONLINE)]
    assert room.presences == [*rang, (BEN, Presence.BUSY), *silenced, (BEN, Presence.ONLINE)]


def test_phones_that_are_busy_offline_or_decline_pass_the_call_on(tmp_path: Path) -> None:
    phones = {ANN: BUSY, BEN: OFFLINE, CAT: DECLINING}
    call = Room(tmp_path, phones, plan(step(ANN), step(BEN), step(CAT), step("SIP/unknown"))).incoming()
    assert [result for _address, result in told(call)] == [
        LegResult.BUSY,
        LegResult.OFFLINE,
        LegResult.DECLINED,
        LegResult.OFFLINE,
    ]
    assert call.outcome is CallOutcome.MISSED
    assert seconds_of(call) < 4


def test_nobody_answers_and_an_outside_number_takes_the_call(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: SILENT}, plan(step(ANN, seconds=5), fallback=Fallback((step(MOBILE, seconds=20),))))
    call = room.incoming(talk=5)
    assert call.callee == MOBILE
    assert call.fallback is FallbackCause.NOBODY_ANSWERED


def test_nobody_answers_and_the_caller_hears_why(tmp_path: Path) -> None:
    call = Room(tmp_path, {ANN: SILENT}, plan(step(ANN), fallback=Fallback(announcement="sorry"))).incoming()
    assert call.outcome is CallOutcome.MISSED
    assert seconds_of(call) == pytest.approx(19)


@pytest.mark.parametrize(
    ("patience", "rung"), [(0.01, [ANN]), (4, [ANN]), (11, [ANN, BEN]), (17, [ANN, BEN, CAT]), (22, [ANN, BEN, CAT])]
)
def test_a_caller_who_gives_up_leaves_no_phone_ringing(tmp_path: Path, patience: float, rung: list[str]) -> None:
    fallback = Fallback((step(CAT, seconds=5),), "sorry")
    room = Room(
        tmp_path,
        dict.fromkeys((ANN, BEN, CAT), SILENT),
        plan(step(ANN, seconds=10), step(BEN, seconds=5), fallback=fallback),
    )
    call = room.incoming(patience=patience)
    assert [address for address, _result in told(call)] == rung
    assert call.outcome is CallOutcome.MISSED
    assert seconds_of(call) == pytest.approx(patience)
    assert call.legs[0].end is LegEnd.CALLER_HUNG_UP
    assert set(room.switch.presence(NORTH).values()) == {Presence.ONLINE}


def test_a_caller_who_got_through_is_patient_no_longer_but_talks_on(tmp_path: Path) -> None:
    call = Room(tmp_path, {ANN: QUICK}, plan(step(ANN))).incoming(patience=10, talk=30)
    assert call_times(call).talk_seconds == 30


def test_the_employee_may_hang_up_first(tmp_path: Path) -> None:
    phones = {ANN: PhoneSettings(answers_after=(1, 1), hangs_up_after=(7, 7))}
    call = Room(tmp_path, phones, plan(step(ANN))).incoming(talk=60)
    assert call.legs[1].end is LegEnd.CALLEE_HUNG_UP
    assert call_times(call).talk_seconds == 7


def test_a_phone_in_a_call_is_busy_to_the_next_caller(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: QUICK}, plan(step(ANN)))
    room.switch.place_incoming(NORTH, call_id(1), STRANGER, DID)
    room.timeline.advance(5)
    assert room.switch.presence(NORTH) == {ANN: Presence.BUSY}
    second = room.incoming(number=2)
    assert told(second) == [(ANN, LegResult.BUSY)]
    assert second.fallback is FallbackCause.ALL_BUSY
    assert room.journal.last(1).outcome is CallOutcome.ANSWERED


def test_phones_of_the_same_name_in_two_accounts_are_two_phones(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: QUICK}, plan(step(ANN)))
    room.people.by_account[SOUTH] = {ANN: QUICK}
    for account, number in ((NORTH, 1), (SOUTH, 2)):
        room.switch.place_incoming(account, call_id(number), STRANGER, DID)
    room.timeline.advance(1)
    assert room.switch.presence(NORTH) == room.switch.presence(SOUTH) == {ANN: Presence.RINGING}
    room.timeline.run()
    assert [room.journal.last(number).outcome for number in (1, 2)] == [CallOutcome.ANSWERED] * 2


def test_presence_is_told_as_it_changes(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: QUICK}, plan(step(ANN)))
    room.incoming()
    assert room.presences == [(ANN, Presence.RINGING), (ANN, Presence.BUSY), (ANN, Presence.ONLINE)]


def test_the_talk_is_recorded_for_as_long_as_it_lasted(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: QUICK}, plan(step(ANN)))
    call = room.incoming(talk=12.5)
    assert room.shelf.begun == [(NORTH, call_id(1))]
    assert room.shelf.records[NORTH, call_id(1)][1] == pytest.approx(12.5)
    assert room.journal.changes(1)[-2:] == [CallChange.FINISHED, CallChange.RECORDED]
    assert call.has_recording


def test_click_to_call_rings_the_employee_and_then_the_client(tmp_path: Path) -> None:
    call = Room(tmp_path, {ANN: QUICK}, plan()).originate(ANN, MOBILE)
    assert (call.kind, call.outcome) == (CallKind.OUTGOING, CallOutcome.ANSWERED)
    assert [leg.result for leg in call.legs] == [LegResult.ANSWERED] * 2
    times = call_times(call)
    assert (times.a_waiting_seconds, times.b_waiting_seconds) == (2, 2)


@pytest.mark.parametrize(
    ("employee", "client", "outcome", "legs"),
    [
        (SILENT, MOBILE, CallOutcome.NO_ANSWER, [LegResult.NO_ANSWER]),
        (BUSY, MOBILE, CallOutcome.BUSY, [LegResult.BUSY]),
        (OFFLINE, MOBILE, CallOutcome.FAILED, [LegResult.OFFLINE]),
        (QUICK, "79161112237", CallOutcome.BUSY, [LegResult.ANSWERED, LegResult.BUSY]),
        (QUICK, "79161112238", CallOutcome.NO_ANSWER, [LegResult.ANSWERED, LegResult.NO_ANSWER]),
        (QUICK, "79161112239", CallOutcome.BUSY, [LegResult.ANSWERED, LegResult.DECLINED]),
        (QUICK, BEN, CallOutcome.FAILED, [LegResult.ANSWERED, LegResult.OFFLINE]),
    ],
)
def test_click_to_call_tells_who_could_not_be_had(
    tmp_path: Path, employee: PhoneSettings, client: str, outcome: CallOutcome, legs: list[LegResult]
) -> None:
    call = Room(tmp_path, {ANN: employee}, plan()).originate(ANN, client)
    assert call.outcome is outcome
    assert [leg.result for leg in call.legs] == legs


def test_colleagues_call_each_other(tmp_path: Path) -> None:
    phones = {ANN: QUICK, BEN: PhoneSettings(answers_after=(3, 3), hangs_up_after=(10, 10))}
    call = Room(tmp_path, phones, plan()).originate(ANN, BEN)
    assert (call.kind, call.did, call.outcome) == (CallKind.INTERNAL, None, CallOutcome.ANSWERED)
    assert call_times(call).talk_seconds == 10


def test_an_employee_dials_on_the_phone(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: QUICK}, plan())
    room.switch.dial_from_phone(NORTH, call_id(1), ANN, MOBILE, did=DID)
    room.timeline.run()
    call = room.journal.last(1)
    assert call.outcome is CallOutcome.ANSWERED
    assert call.caller_answered_at == call.callee_answered_at
    assert room.presences == [(ANN, Presence.BUSY), (ANN, Presence.ONLINE)]


def test_nobody_dials_on_a_phone_that_is_away(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: OFFLINE}, plan())
    room.switch.dial_from_phone(NORTH, call_id(1), ANN, MOBILE)
    room.timeline.run()
    assert room.journal.notes == {}


def test_the_cabinet_hangs_up_a_live_call_and_it_is_live_no_more(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: QUICK}, plan(step(ANN)))
    room.switch.place_incoming(NORTH, call_id(1), STRANGER, DID)
    room.timeline.advance(5)
    assert [call.callee for call in room.switch.live_calls()] == [ANN]
    room.switch.hang_up(call_id(1))
    room.switch.hang_up(call_id(99))
    room.timeline.advance(0)
    assert room.journal.last(1).legs[1].end is LegEnd.ORDERED
    assert room.switch.live_calls() == ()


def test_a_switch_that_shuts_down_ends_its_calls_as_what_they_were(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: QUICK, BEN: SILENT}, plan(step(ANN), step(BEN)))
    room.switch.place_incoming(NORTH, call_id(1), STRANGER, DID)
    room.timeline.advance(5)
    room.switch.place_incoming(NORTH, call_id(2), STRANGER, DID)
    room.timeline.advance(5)
    room.switch.shut_down()
    room.timeline.run()
    assert [room.journal.last(number).outcome for number in (1, 2)] == [CallOutcome.ANSWERED, CallOutcome.INTERRUPTED]
    assert room.journal.last(1).legs[1].end is LegEnd.SWITCH_LOST
    assert set(room.switch.presence(NORTH).values()) == {Presence.ONLINE}
    assert room.switch.live_calls() == ()


def test_the_same_order_given_twice_is_one_call(tmp_path: Path) -> None:
    room = Room(tmp_path, {ANN: QUICK}, plan())
    room.switch.originate(NORTH, call_id(1), ANN, MOBILE)
    call = room.originate(ANN, MOBILE)
    assert call.outcome is CallOutcome.ANSWERED
    assert room.journal.changes(1).count(CallChange.STARTED) == 1


@pytest.mark.parametrize("wrong", ["", "abc", "0" * 31 + "G", "../" + "0" * 29])
def test_an_id_that_is_none_is_refused_at_once(tmp_path: Path, wrong: str) -> None:
    room = Room(tmp_path, {}, plan())
    with pytest.raises(ValueError, match="call id"):
        room.switch.place_incoming(NORTH, wrong, STRANGER, DID)
