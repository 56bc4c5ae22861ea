import pytest

from portal.telephony.control.commands import AnswerCaller, Bridge, CancelLeg, Dial, HangUp, SetTimer, StartRecording
from portal.telephony.control.events import (
    CallerGone,
    HangUpOrdered,
    LegAnswered,
    LegEnded,
    LegRinging,
    Ordered,
    PhoneDialled,
    TimerFired,
)
from portal.telephony.engine import CallChange, CallKind, CallOutcome, LegEnd, LegResult, Side
from portal.telephony.plan import StepReason
from tests.telephony.control.stage import ANN, BEN, DID, STRANGER, Stage, after, outgoing


def ordered(callee: str = STRANGER) -> Stage:
    stage = outgoing(callee)
    stage.at(0, Ordered())
    return stage


def ringing_callee(callee: str = STRANGER) -> Stage:
    stage = ordered(callee)
    stage.at(4, LegAnswered(1))
    return stage


def test_click_to_call_rings_the_employee_first_and_shows_whom_it_is_for() -> None:
    stage = ordered()
    assert stage.wanted(Dial) == [Dial(1, ANN, 30, STRANGER)]
    assert stage.changes[0] is CallChange.STARTED
    assert stage.call.callee == STRANGER


def test_the_callee_is_dialled_when_the_employee_answers_and_sees_the_public_number() -> None:
    stage = ringing_callee()
    assert stage.wanted(Dial)[1:] == [Dial(2, STRANGER, 60, DID)]
    assert [(leg.side, leg.reason) for leg in stage.call.legs] == [
        (Side.CALLER, None),
        (Side.CALLEE, StepReason.CALLEE),
    ]


def test_the_two_talk_and_are_recorded_when_the_callee_answers() -> None:
    stage = ringing_callee()
    stage.at(4.1, LegRinging(2))
    assert stage.at(9, LegAnswered(2)) == [Bridge(2), StartRecording()]
    assert (stage.call.caller_answered_at, stage.call.callee_answered_at) == (after(4), after(9))
    assert stage.call.talk_started_at == after(9)


def test_a_call_between_sip_accounts_is_internal_and_shows_the_employee() -> None:
    stage = ringing_callee(BEN)
    assert stage.call.kind is CallKind.INTERNAL
    assert stage.call.did is None
    assert stage.wanted(Dial)[1] == Dial(2, BEN, 60, ANN)


def test_an_employee_who_does_not_answer_ends_the_call_before_the_callee_rings() -> None:
    stage = ordered()
    assert stage.at(30, TimerFired("ring-caller")) == [CancelLeg(1, LegResult.NO_ANSWER), HangUp()]
    assert stage.call.outcome is CallOutcome.NO_ANSWER
    assert len(stage.call.legs) == 1


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (LegResult.BUSY, CallOutcome.BUSY),
        (LegResult.DECLINED, CallOutcome.BUSY),
        (LegResult.NO_ANSWER, CallOutcome.NO_ANSWER),
        (LegResult.OFFLINE, CallOutcome.FAILED),
        (LegResult.FAILED, CallOutcome.FAILED),
    ],
)
def test_the_outcome_tells_why_either_side_could_not_be_had(result: LegResult, outcome: CallOutcome) -> None:
    without_employee, without_callee = ordered(), ringing_callee()
    assert without_employee.at(1, LegEnded(1, result)) == [HangUp()]
    assert without_callee.at(6, LegEnded(2, result)) == [HangUp()]
    assert without_employee.call.outcome is without_callee.call.outcome is outcome
    assert without_callee.results == [LegResult.ANSWERED, result]


def test_a_callee_who_does_not_answer_is_given_up_after_the_ring_time() -> None:
    stage = ringing_callee()
    assert stage.at(64, TimerFired("ring-callee")) == [CancelLeg(2, LegResult.NO_ANSWER), HangUp()]
    assert stage.call.outcome is CallOutcome.NO_ANSWER
    assert stage.call.legs[0].end is LegEnd.NOBODY_ANSWERED


def test_the_employee_may_hang_up_while_the_callee_rings() -> None:
    stage = ringing_callee()
    assert stage.at(7, LegEnded(1, LegResult.ANSWERED)) == [CancelLeg(2, LegResult.CALLER_GAVE_UP), HangUp()]
    assert stage.results == [LegResult.ANSWERED, LegResult.CALLER_GAVE_UP]


def test_an_order_may_be_taken_back_while_the_employee_rings_or_the_callee_does() -> None:
    early, late = ordered(), ringing_callee()
    assert early.at(2, HangUpOrdered()) == [CancelLeg(1, LegResult.NO_ANSWER), HangUp()]
    assert late.at(7, HangUpOrdered())[-1] == HangUp()
    assert {leg.end for leg in (*early.call.legs, *late.call.legs)} == {LegEnd.ORDERED}


def test_the_ring_limit_of_the_employee_does_not_cut_the_call_after_the_answer() -> None:
    stage = ringing_callee()
    assert stage.at(30, TimerFired("ring-caller")) == []
    assert stage.call.outcome is None


def test_a_call_dialled_on_the_phone_rings_the_callee_at_once_and_answers_with_the_callee() -> None:
    stage = outgoing()
    assert stage.at(0, PhoneDialled())[1:] == [Dial(2, STRANGER, 60, DID), SetTimer("ring-callee", after(60))]
    assert stage.call.caller_answered_at is None
    assert stage.at(8, LegAnswered(2))[:2] == [AnswerCaller(), Bridge(2)]
    assert stage.call.caller_answered_at == after(8)


def test_who_dialled_on_the_phone_may_give_up() -> None:
    stage = outgoing()
    stage.at(0, PhoneDialled())
    stage.at(5, CallerGone())
    assert stage.call.outcome is CallOutcome.NO_ANSWER
    assert stage.results == [LegResult.CALLER_GAVE_UP, LegResult.CALLER_GAVE_UP]
