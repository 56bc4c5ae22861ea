from portal.telephony.control.commands import AnswerCaller, Bridge, CancelLeg, Dial, RingCaller, SetTimer
from portal.telephony.control.events import LegAnswered, LegEnded, LegRinging, Routed, TimerFired
from portal.telephony.engine import CallChange, CallOutcome, LegEnd, LegResult
from portal.telephony.plan import Skipped, SkipReason, StepReason, Target
from tests.telephony.control.stage import ANN, BEN, CAT, DAN, DID, STRANGER, after, incoming, plan, step


def test_a_call_is_noted_before_anybody_rings_and_the_caller_hears_it_ring_unanswered() -> None:
    stage = incoming()
    assert stage.changes == [CallChange.STARTED]
    assert stage.wanted(RingCaller)
    assert not stage.wanted(AnswerCaller)
    assert (stage.call.caller, stage.call.did, stage.call.callee) == (STRANGER, DID, None)


def test_one_after_another_rings_the_next_when_the_time_of_the_one_before_is_over() -> None:
    stage = incoming()
    assert stage.at(0.3, Routed(plan(step(ANN), step(BEN, seconds=10)))) == [
        Dial(2, ANN, 15, STRANGER),
        SetTimer("ring-1", after(15.3)),
    ]
    assert stage.at(15.3, TimerFired("ring-1")) == [
        CancelLeg(2, LegResult.NO_ANSWER),
        Dial(3, BEN, 10, STRANGER),
        SetTimer("ring-2", after(25.3)),
    ]
    assert stage.call.legs[1].end is LegEnd.RING_TIME_OVER


def test_all_at_once_rings_everybody_and_hangs_the_losers_up_as_answered_elsewhere() -> None:
    stage = incoming(plan(step(ANN, BEN, CAT)))
    assert [dial.address for dial in stage.wanted(Dial)] == [ANN, BEN, CAT]
    assert stage.at(4, LegAnswered(3))[:4] == [
        CancelLeg(2, LegResult.ANSWERED_ELSEWHERE),
        CancelLeg(4, LegResult.ANSWERED_ELSEWHERE),
        AnswerCaller(),
        Bridge(3),
    ]
    assert stage.call.callee == BEN
    assert stage.changes[-1] is CallChange.ANSWERED


def test_the_owner_rings_first_and_then_the_group() -> None:
    stage = incoming(plan(step(ANN, seconds=20, reason=StepReason.OWNER), step(BEN, CAT)))
    stage.at(20, TimerFired("ring-1"))
    assert [(leg.address, leg.reason) for leg in stage.call.legs[1:]] == [
        (ANN, StepReason.OWNER),
        (BEN, StepReason.HUNT),
        (CAT, StepReason.HUNT),
    ]


def test_a_phone_that_is_busy_offline_or_declines_ends_its_step_at_once() -> None:
    stage = incoming(plan(step(ANN), step(BEN), step(CAT), step(DAN)))
    for number, result in enumerate([LegResult.BUSY, LegResult.OFFLINE, LegResult.DECLINED], start=2):
        (dial, _timer) = stage.at(number, LegEnded(number, result))
        assert isinstance(dial, Dial)
    assert stage.results[1:] == [LegResult.BUSY, LegResult.OFFLINE, LegResult.DECLINED, None]
    assert stage.call.legs[1].end is LegEnd.PHONE_ENDED


def test_a_step_goes_on_while_one_of_its_phones_still_rings() -> None:
    stage = incoming(plan(step(ANN, BEN), step(CAT)))
    assert stage.at(1, LegEnded(2, LegResult.BUSY)) == []
    assert [dial.address for dial in stage.at(2, LegEnded(3, LegResult.DECLINED)) if isinstance(dial, Dial)] == [CAT]


def test_the_timer_of_a_step_that_is_over_does_not_end_the_next_one() -> None:
    stage = incoming(plan(step(ANN), step(BEN)))
    stage.at(1, LegEnded(2, LegResult.BUSY))
    assert stage.at(15, TimerFired("ring-1")) == []
    assert stage.call.legs[2].result is None


def test_the_total_limit_shortens_the_last_ring_and_leaves_the_rest_out() -> None:
    stage = incoming(plan(step(ANN), step(BEN), step(CAT), total=25))
    assert stage.at(15, TimerFired("ring-1"))[1:] == [Dial(3, BEN, 10, STRANGER), SetTimer("ring-2", after(25))]
    stage.at(25, TimerFired("ring-2"))
    assert stage.call.legs[2].end is LegEnd.TOTAL_LIMIT
    assert stage.call.outcome is CallOutcome.MISSED
    assert stage.call.ended_at == after(25)


def test_nobody_rings_twice_in_one_round_but_again_in_the_next() -> None:
    stage = incoming(plan(step(ANN), step(ANN, BEN), step(ANN, round_=2)))
    stage.at(15, TimerFired("ring-1"))
    stage.at(30, TimerFired("ring-2"))
    assert [(leg.address, leg.round) for leg in stage.call.legs[1:]] == [(ANN, 1), (BEN, 1), (ANN, 2)]
    assert stage.call.skipped == (Skipped(Target(ANN), SkipReason.ALREADY_RUNG),)


def test_when_a_phone_rang_and_answered_is_kept() -> None:
    stage = incoming(plan(step(ANN)))
    stage.at(0.2, LegRinging(2))
    stage.at(6, LegAnswered(2))
    leg = stage.call.legs[1]
    assert (leg.started_at, leg.rang_at, leg.answered_at) == (after(0), after(0.2), after(6))
    assert stage.call.caller_answered_at == stage.call.talk_started_at == after(6)


def test_a_phone_that_answers_after_it_was_cancelled_changes_nothing() -> None:
    stage = incoming(plan(step(ANN), step(BEN)))
    stage.at(15, TimerFired("ring-1"))
    before = stage.call
    assert stage.at(15.1, LegAnswered(2), LegRinging(2), LegEnded(2, LegResult.NO_ANSWER)) == []
    assert stage.call == before


def test_a_second_answer_does_not_take_the_call_over() -> None:
    stage = incoming(plan(step(ANN, BEN)))
    stage.at(3, LegAnswered(2))
    assert stage.at(3.1, LegAnswered(3)) == []
    assert stage.call.callee == ANN


def test_a_result_that_no_phone_can_cause_counts_as_a_failure() -> None:
    stage = incoming(plan(step(ANN)))
    stage.at(1, LegEnded(2, LegResult.ANSWERED_ELSEWHERE))
    assert stage.results[1] is LegResult.FAILED
