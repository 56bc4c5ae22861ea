from portal.telephony.control.events import CallerGone, LegAnswered, LegEnded, TimerFired
from portal.telephony.control.reconcile import close_interrupted
from portal.telephony.engine import CallOutcome, LegEnd, LegResult
from tests.telephony.control.stage import ANN, BEN, after, incoming, plan, step


def test_a_call_that_rang_is_closed_as_interrupted() -> None:
    stage = incoming(plan(step(ANN), step(BEN)))
    stage.at(1, LegEnded(2, LegResult.BUSY))
    closed = close_interrupted(stage.call, after(40))
    assert closed.outcome is CallOutcome.INTERRUPTED
    assert closed.ended_at == after(40)
    assert [leg.result for leg in closed.legs] == [LegResult.INTERRUPTED, LegResult.BUSY, LegResult.INTERRUPTED]
    assert closed.legs[2].end is LegEnd.SWITCH_LOST
    assert closed.version == stage.call.version + 1


def test_a_call_in_which_the_two_had_talked_is_closed_as_answered() -> None:
    stage = incoming(plan(step(ANN)))
    stage.at(5, LegAnswered(2))
    closed = close_interrupted(stage.call, after(40))
    assert closed.outcome is CallOutcome.ANSWERED
    assert {leg.result for leg in closed.legs} == {LegResult.ANSWERED}
    assert not closed.has_recording
    assert close_interrupted(stage.call, after(40), has_recording=True).has_recording


def test_a_call_that_had_been_hung_up_keeps_its_true_end() -> None:
    stage = incoming(plan(step(ANN)))
    stage.at(5, LegAnswered(2))
    stage.at(30, CallerGone())
    closed = close_interrupted(stage.call, after(500))
    assert closed.ended_at == after(30)
    assert closed.outcome is CallOutcome.ANSWERED


def test_a_finished_call_comes_back_as_it_is() -> None:
    stage = incoming(plan(step(ANN)))
    stage.at(15, TimerFired("ring-1"))
    assert close_interrupted(stage.call, after(500)) == stage.call


def test_a_moment_before_the_last_thing_known_does_not_run_backwards() -> None:
    stage = incoming(plan(step(ANN)))
    stage.at(5, LegAnswered(2))
    closed = close_interrupted(stage.call, after(1))
    assert closed.ended_at == closed.legs[1].ended_at == after(5)
