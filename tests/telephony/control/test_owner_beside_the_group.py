"""A contact's CRM user rings together with the group: each goes its own way until somebody answers."""

from hypothesis import given

from portal.telephony.control.commands import CancelLeg, Dial
from portal.telephony.control.events import Event, LegAnswered, LegEnded, TimerFired
from portal.telephony.engine import CallOutcome, LegEnd, LegResult
from portal.telephony.plan import FallbackCause, RingStep, RoutePlan, StepReason
from tests.telephony.control.stage import ANN, BEN, CAT, Stage, fallback, incoming, step
from tests.telephony.control.test_rules_that_hold_whatever_happens import PLANS, STRANGE_TIMERS_LEFT_OUT, play


def owner(*addresses: str, seconds: int = 40) -> RingStep:
    return step(*addresses, seconds=seconds, reason=StepReason.OWNER)


def together(*hunt: RingStep, beside: RingStep, total: int = 120) -> Stage:
    return incoming(
        RoutePlan(hunt, total, {FallbackCause.NOBODY_ANSWERED: fallback(announcement="sorry")}, beside=(beside,))
    )


def dialled(stage: Stage) -> list[str]:
    return [command.address for command in stage.wanted(Dial)]


def test_the_owner_rings_on_while_the_group_is_hunted() -> None:
    stage = together(step(BEN), step(CAT), beside=owner(ANN))
    assert dialled(stage) == [ANN, BEN]

    stage.at(15, TimerFired("ring-2"))

    assert dialled(stage) == [ANN, BEN, CAT]
    assert [leg.address for leg in stage.call.legs[1:] if leg.ended_at is None] == [ANN, CAT]


def test_the_owner_is_cancelled_as_answered_elsewhere_when_one_of_the_group_answers() -> None:
    stage = together(step(BEN), beside=owner(ANN))

    stage.at(4, LegAnswered(3))

    assert stage.wanted(CancelLeg) == [CancelLeg(2, LegResult.ANSWERED_ELSEWHERE)]
    assert stage.call.callee == BEN


def test_the_fallback_waits_for_both() -> None:
    stage = together(step(BEN), beside=owner(ANN))

    stage.at(15, TimerFired("ring-2"))
    assert stage.call.fallback is None
    stage.at(40, TimerFired("ring-1"))

    assert stage.call.fallback is FallbackCause.NOBODY_ANSWERED


def test_an_owner_who_declines_leaves_the_group_ringing() -> None:
    stage = together(step(BEN), beside=owner(ANN))

    assert stage.at(2, LegEnded(2, LegResult.DECLINED)) == []
    assert [leg.address for leg in stage.call.legs[1:] if leg.ended_at is None] == [BEN]


def test_a_second_round_passes_over_an_owner_who_still_rings() -> None:
    stage = together(step(BEN), step(ANN, round_=2), beside=owner(ANN))

    stage.at(15, TimerFired("ring-2"))

    assert dialled(stage) == [ANN, BEN]
    stage.at(41, LegEnded(2, LegResult.DECLINED))
    assert stage.call.fallback is FallbackCause.NOBODY_ANSWERED


def test_the_total_limit_holds_for_both() -> None:
    stage = together(step(BEN, seconds=60), beside=owner(ANN, seconds=60), total=20)

    stage.at(20, TimerFired("ring-1"), TimerFired("ring-2"))

    assert [leg.end for leg in stage.call.legs[1:]] == [LegEnd.TOTAL_LIMIT] * 2


def test_a_caller_on_the_blacklist_is_refused_at_once_and_missed_by_nobody() -> None:
    stage = incoming(RoutePlan((), 1, {}, opening=FallbackCause.BLACKLISTED))

    assert stage.call.outcome is CallOutcome.BLOCKED
    assert stage.call.legs[0].end is LegEnd.REFUSED


@given(plan=PLANS, happenings=STRANGE_TIMERS_LEFT_OUT)
def test_no_phone_is_rung_while_it_rings_for_this_call_already(
    plan: RoutePlan, happenings: list[tuple[float, Event]]
) -> None:
    stage = incoming(plan)
    play(stage, happenings)
    legs = stage.call.legs[1:]
    for leg in legs:
        earlier = [each for each in legs if each.address == leg.address and each.number < leg.number]
        assert all(each.ended_at is not None and each.ended_at <= leg.started_at for each in earlier)
