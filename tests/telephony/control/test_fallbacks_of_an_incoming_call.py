from collections.abc import Callable

import pytest

from portal.telephony.control.commands import Announce, AnswerCaller, Dial, HangUp
from portal.telephony.control.events import (
    AnnouncementFinished,
    CallerGone,
    HangUpOrdered,
    LegAnswered,
    LegEnded,
    Routed,
    TimerFired,
)
from portal.telephony.engine import CallChange, CallOutcome, LegEnd, LegResult
from portal.telephony.plan import (
    FallbackCause,
    RoutePlan,
    Skipped,
    SkipReason,
    StepReason,
    Target,
    plan_for_engine_error,
)
from tests.telephony.control.stage import ANN, BEN, CAT, DAN, Stage, fallback, incoming, plan, step

MOBILE = "79161112233"
NOBODY = FallbackCause.NOBODY_ANSWERED


def closed(announcement: str | None = None, *addresses: str) -> RoutePlan:
    return RoutePlan(
        steps=(),
        total_seconds=60,
        fallbacks={FallbackCause.CLOSED: fallback(*addresses, announcement=announcement)},
        opening=FallbackCause.CLOSED,
    )


@pytest.mark.parametrize(
    ("first", "second", "cause"),
    [
        (LegResult.OFFLINE, LegResult.OFFLINE, FallbackCause.NOBODY_REGISTERED),
        (LegResult.OFFLINE, LegResult.BUSY, FallbackCause.ALL_BUSY),
        (LegResult.OFFLINE, LegResult.FAILED, FallbackCause.ENGINE_ERROR),
        (LegResult.FAILED, LegResult.BUSY, FallbackCause.ALL_BUSY),
        (LegResult.BUSY, LegResult.DECLINED, FallbackCause.NOBODY_ANSWERED),
        (LegResult.NO_ANSWER, LegResult.BUSY, FallbackCause.NOBODY_ANSWERED),
    ],
)
def test_each_cause_has_a_fallback_of_its_own(first: LegResult, second: LegResult, cause: FallbackCause) -> None:
    stage = incoming(plan(step(ANN), step(BEN), fallbacks={cause: fallback(MOBILE)}))
    stage.at(1, LegEnded(2, first))
    stage.at(2, LegEnded(3, second))
    assert stage.call.fallback is cause
    assert stage.wanted(Dial)[-1].address == MOBILE
    assert stage.call.legs[-1].reason is StepReason.FALLBACK


def test_people_whom_the_planner_passed_over_as_busy_make_it_all_busy() -> None:
    busy = Skipped(Target(ANN), SkipReason.BUSY)
    route = RoutePlan((), 60, {FallbackCause.ALL_BUSY: fallback(MOBILE)}, skipped=(busy,))
    stage = incoming(route)
    assert stage.call.fallback is FallbackCause.ALL_BUSY
    assert stage.call.skipped == (busy,)


def test_a_fallback_may_ring_who_was_rung_before_and_answers_like_any_step() -> None:
    stage = incoming(plan(step(ANN), fallbacks={NOBODY: fallback(ANN)}))
    stage.at(15, TimerFired("ring-1"))
    stage.at(18, LegAnswered(3))
    assert stage.call.callee == ANN
    stage.at(20, CallerGone())
    stage.at(26, TimerFired("record-wait"))
    assert stage.call.outcome is CallOutcome.ANSWERED


def test_the_fallback_comes_after_the_total_limit_with_its_own_time_and_only_once() -> None:
    stage = incoming(plan(step(ANN, seconds=30), total=10, fallbacks={NOBODY: fallback(BEN, CAT)}))
    stage.at(10, TimerFired("ring-1"))
    stage.at(30, TimerFired("ring-2"))
    assert stage.at(50, TimerFired("ring-3"))[-1] == HangUp()
    assert [leg.address for leg in stage.call.legs[1:]] == [ANN, BEN, CAT]
    assert stage.call.outcome is CallOutcome.MISSED


def test_without_a_fallback_the_call_is_hung_up_as_missed() -> None:
    stage = incoming(plan(step(ANN)))
    assert stage.at(15, TimerFired("ring-1"))[-1] == HangUp()
    assert stage.call.outcome is CallOutcome.MISSED
    assert (stage.call.legs[0].result, stage.call.legs[0].end) == (LegResult.NO_ANSWER, LegEnd.NOBODY_ANSWERED)


def test_a_closed_line_rings_nobody_and_plays_its_announcement_without_answering() -> None:
    stage = incoming(closed("closed"))
    assert stage.wanted(Announce) == [Announce("closed")]
    assert stage.at(4, AnnouncementFinished()) == [HangUp()]
    assert stage.call.outcome is CallOutcome.CLOSED
    assert not stage.wanted(Dial)
    assert not stage.wanted(AnswerCaller)


def test_an_announcement_that_never_ends_is_cut_off() -> None:
    stage = incoming(closed("closed"))
    assert stage.at(60, TimerFired("announcement")) == [HangUp()]


def test_a_closed_line_may_ring_a_duty_phone() -> None:
    stage = incoming(closed(None, DAN))
    stage.at(5, LegAnswered(2))
    assert stage.call.callee == DAN


def test_a_planner_that_never_answers_is_an_engine_error() -> None:
    stage = incoming()
    assert stage.at(10, TimerFired("routing")) == [HangUp()]
    assert stage.call.outcome is CallOutcome.FAILED
    assert stage.at(10.1, Routed(plan(step(ANN)))) == []


def test_a_call_that_could_not_be_routed_goes_to_the_fallback_of_engine_errors() -> None:
    stage = incoming(plan_for_engine_error(fallback(MOBILE)))
    assert stage.wanted(Dial)[0].address == MOBILE
    assert stage.call.fallback is FallbackCause.ENGINE_ERROR


def waiting_for_the_planner() -> Stage:
    return incoming()


def ringing() -> Stage:
    return incoming(plan(step(ANN, BEN)))


def in_the_fallback() -> Stage:
    stage = incoming(plan(step(ANN), fallbacks={NOBODY: fallback(MOBILE)}))
    stage.at(15, TimerFired("ring-1"))
    return stage


def hearing_the_announcement() -> Stage:
    stage = incoming(plan(step(ANN), fallbacks={NOBODY: fallback(announcement="sorry")}))
    stage.at(15, TimerFired("ring-1"))
    return stage


STAGES = [waiting_for_the_planner, ringing, in_the_fallback, hearing_the_announcement]


@pytest.mark.parametrize("make", STAGES)
def test_a_caller_may_give_up_at_any_stage_and_the_phones_fall_silent(make: Callable[[], Stage]) -> None:
    stage = make()
    ringing_legs = {leg.number for leg in stage.call.legs[1:] if leg.ended_at is None}
    assert stage.at(17, CallerGone())[-1] == HangUp()
    assert all(stage.call.legs[number - 1].result is LegResult.CALLER_GAVE_UP for number in {1, *ringing_legs})
    assert stage.call.outcome is CallOutcome.MISSED
    assert stage.changes.count(CallChange.FINISHED) == 1
    assert stage.machine.is_over


def test_a_call_hung_up_from_the_cabinet_while_it_rings_is_missed_and_says_why() -> None:
    stage = ringing()
    stage.at(3, HangUpOrdered())
    assert stage.call.outcome is CallOutcome.MISSED
    assert {leg.end for leg in stage.call.legs} == {LegEnd.ORDERED}
