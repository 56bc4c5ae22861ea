import pytest

from portal.telephony.control.commands import Bridge, HangUp, StartRecording, StopRecording
from portal.telephony.control.events import (
    CallerGone,
    Event,
    HangUpOrdered,
    LegAnswered,
    LegEnded,
    RecordingFailed,
    RecordingFinished,
    SwitchLost,
    TimerFired,
)
from portal.telephony.engine import CallChange, CallOutcome, LegEnd, LegResult
from tests.telephony.control.stage import ANN, BEN, Stage, after, incoming, plan, step


def talking(*, record: bool = True) -> Stage:
    stage = incoming(plan(step(ANN, BEN), record=record))
    stage.at(5, LegAnswered(2))
    return stage


@pytest.mark.parametrize(
    ("event", "end"),
    [
        (CallerGone(), LegEnd.CALLER_HUNG_UP),
        (LegEnded(1, LegResult.ANSWERED), LegEnd.CALLER_HUNG_UP),
        (LegEnded(2, LegResult.NO_ANSWER), LegEnd.CALLEE_HUNG_UP),
        (HangUpOrdered(), LegEnd.ORDERED),
    ],
)
def test_whoever_hangs_up_ends_both_legs_and_is_named(event: Event, end: LegEnd) -> None:
    stage = talking(record=False)
    assert stage.at(30, event) == [HangUp()]
    assert [(leg.result, leg.end) for leg in stage.call.legs[:2]] == [(LegResult.ANSWERED, end)] * 2
    assert stage.call.outcome is CallOutcome.ANSWERED
    assert stage.call.ended_at == after(30)


def test_a_phone_that_lost_the_race_ends_nothing_when_it_goes() -> None:
    stage = talking()
    assert stage.at(6, LegEnded(3, LegResult.NO_ANSWER)) == []
    assert stage.call.outcome is None


def test_recording_begins_with_the_bridge() -> None:
    stage = talking()
    wanted = [type(command) for command in stage.commands]
    assert wanted.index(StartRecording) == wanted.index(Bridge) + 1
    assert stage.call.has_recording


def test_a_call_that_is_not_to_be_recorded_is_not() -> None:
    stage = talking(record=False)
    assert not stage.wanted(StartRecording)
    assert not stage.call.has_recording


def test_the_record_is_closed_before_the_bridge_falls_and_the_end_is_the_hang_up() -> None:
    stage = talking()
    assert stage.at(30, CallerGone())[0] == StopRecording()
    assert not stage.wanted(HangUp)
    assert stage.call.outcome is None
    assert stage.at(30.4, RecordingFinished()) == [HangUp()]
    assert stage.changes[-2:] == [CallChange.FINISHED, CallChange.RECORDED]
    assert stage.call.ended_at == after(30)
    assert stage.machine.is_over


def test_a_record_that_takes_too_long_does_not_hold_the_end_up_and_is_noted_when_it_comes() -> None:
    stage = talking()
    stage.at(30, CallerGone())
    assert stage.at(35, TimerFired("record-wait")) == [HangUp()]
    assert stage.call.has_recording
    assert not stage.machine.is_over
    assert stage.at(50, RecordingFinished()) == []
    assert stage.changes[-2:] == [CallChange.FINISHED, CallChange.RECORDED]
    assert stage.machine.is_over


@pytest.mark.parametrize("event", [RecordingFailed(), TimerFired("record-lost")])
def test_a_record_that_fails_after_the_end_is_taken_back(event: Event) -> None:
    stage = talking()
    stage.at(30, CallerGone())
    stage.at(35, TimerFired("record-wait"))
    assert stage.at(60, event) == []
    assert stage.changes[-2:] == [CallChange.FINISHED, CallChange.LEGS]
    assert not stage.call.has_recording
    assert stage.machine.is_over


def test_a_record_that_fails_during_the_talk_leaves_the_talk_alone() -> None:
    stage = talking()
    assert stage.at(6, RecordingFailed()) == []
    assert not stage.call.has_recording
    assert stage.at(30, CallerGone()) == [HangUp()]


def test_a_record_that_ends_by_itself_during_the_talk_is_kept() -> None:
    stage = talking()
    stage.at(20, RecordingFinished())
    assert stage.changes[-1] is CallChange.RECORDED
    assert stage.at(30, CallerGone()) == [HangUp()]
    assert stage.call.has_recording


def test_a_call_whose_switch_is_lost_ends_as_what_it_was() -> None:
    ringing = incoming(plan(step(ANN)))
    assert ringing.at(3, SwitchLost()) == []
    assert ringing.call.outcome is CallOutcome.INTERRUPTED
    assert ringing.results == [LegResult.INTERRUPTED, LegResult.INTERRUPTED]
    stage = talking()
    assert stage.at(9, SwitchLost()) == []
    assert stage.call.outcome is CallOutcome.ANSWERED
    assert stage.call.legs[1].end is LegEnd.SWITCH_LOST
    assert stage.call.ended_at == after(9)


def test_a_record_that_was_complete_survives_the_switch() -> None:
    stage = talking()
    stage.at(8, RecordingFinished())
    stage.at(9, SwitchLost())
    assert stage.call.has_recording


def test_a_clock_that_steps_back_does_not_end_a_call_before_it_began() -> None:
    stage = talking(record=False)
    stage.at(2, CallerGone())
    assert stage.call.ended_at == after(5)
