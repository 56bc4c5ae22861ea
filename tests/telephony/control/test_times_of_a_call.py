from portal.telephony.control.events import CallerGone, HangUpOrdered, LegAnswered, LegEnded, Ordered, TimerFired
from portal.telephony.control.times import CallTimes, call_times, whole_seconds
from portal.telephony.engine import LegResult
from tests.telephony.control.stage import ANN, BEN, after, incoming, outgoing, plan, step


def test_an_incoming_call_waits_until_a_phone_answers_and_b_is_that_phone() -> None:
    stage = incoming(plan(step(ANN), step(BEN), record=False))
    stage.at(15, TimerFired("ring-1"))
    stage.at(19.4, LegAnswered(3))
    stage.at(79.4, CallerGone())
    assert call_times(stage.call) == CallTimes(
        a_connection_seconds=60,
        b_connection_seconds=60,
        talk_seconds=60,
        a_waiting_seconds=19,
        b_waiting_seconds=4,
    )


def test_a_missed_call_waited_until_its_end_and_has_no_b() -> None:
    stage = incoming(plan(step(ANN)))
    stage.at(7.5, CallerGone())
    assert call_times(stage.call) == CallTimes(0, 0, 0, 8, None)


def test_an_outgoing_call_counts_each_side_from_its_own_answer() -> None:
    stage = outgoing(record=False)
    stage.at(0, Ordered())
    stage.at(4, LegAnswered(1))
    stage.at(10, LegAnswered(2))
    stage.at(40, LegEnded(2, LegResult.ANSWERED))
    assert call_times(stage.call) == CallTimes(36, 30, 30, 4, 6)


def test_a_callee_who_never_answered_still_rang() -> None:
    stage = outgoing()
    stage.at(0, Ordered())
    stage.at(4, LegAnswered(1))
    stage.at(10, LegEnded(2, LegResult.BUSY))
    assert call_times(stage.call) == CallTimes(6, 0, 0, 4, 6)


def test_a_callee_who_was_never_dialled_did_not_wait() -> None:
    stage = outgoing()
    stage.at(0, Ordered())
    stage.at(3, HangUpOrdered())
    assert call_times(stage.call) == CallTimes(0, 0, 0, 3, None)


def test_what_is_not_over_is_not_known() -> None:
    stage = incoming(plan(step(ANN)))
    assert call_times(stage.call) == CallTimes(None, None, None, None, None)
    stage.at(5, LegAnswered(2))
    assert call_times(stage.call) == CallTimes(None, None, None, 5, 5)


def test_seconds_are_the_nearest_and_a_half_goes_up() -> None:
    assert [whole_seconds(after(0), after(each)) for each in (0.49, 0.5, 1.5, 2.4999, -3)] == [0, 1, 2, 2, 0]
