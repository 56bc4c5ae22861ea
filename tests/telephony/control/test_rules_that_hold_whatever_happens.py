"""The machines under anything at all: any plan, any events in any order, late ones and doubled ones too."""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.telephony.control.commands import CancelLeg, Command, Dial, Note, SetTimer
from portal.telephony.control.events import (
    AnnouncementFinished,
    Arrived,
    CallerGone,
    Event,
    HangUpOrdered,
    LegAnswered,
    LegEnded,
    LegRinging,
    Ordered,
    PhoneDialled,
    RecordingFailed,
    RecordingFinished,
    Routed,
    SwitchLost,
    TimerFired,
)
from portal.telephony.control.machine import RECORD_GIVEN_UP, CallMachine
from portal.telephony.control.reconcile import close_interrupted
from portal.telephony.control.times import call_times
from portal.telephony.engine import CallChange, CallOutcome, CallSnapshot, LegResult
from portal.telephony.plan import Fallback, FallbackCause, RingStep, RoutePlan, StepReason, Target
from tests.telephony.control.stage import ANN, BEN, CAT, DAN, START, STRANGER, Stage, after, incoming, outgoing

LONGEST_SET_UP = 1000.0

LEGS = st.integers(0, 9)
PHONES = st.sampled_from([ANN, BEN, CAT, DAN, "79161112233"]).map(Target)


def steps(reason: StepReason) -> st.SearchStrategy[tuple[RingStep, ...]]:
    one = st.builds(
        RingStep,
        targets=st.lists(PHONES, max_size=4).map(tuple),
        seconds=st.integers(1, 40),
        reason=st.just(reason),
        round=st.integers(1, 3),
    )
    return st.lists(one, max_size=5).map(tuple)


FALLBACKS = st.dictionaries(
    st.sampled_from(FallbackCause),
    st.builds(Fallback, steps=steps(StepReason.FALLBACK), announcement=st.none() | st.just("sorry")),
)
PLANS = st.builds(
    RoutePlan,
    steps=steps(StepReason.HUNT),
    total_seconds=st.integers(1, 120),
    fallbacks=FALLBACKS,
    opening=st.none() | st.none() | st.sampled_from(FallbackCause),
    record=st.booleans(),
    beside=steps(StepReason.OWNER),
)
TIMERS = st.sampled_from(
    ["routing", "announcement", "ring-caller", "ring-callee", "record-wait", "record-lost", "ring-1", "ring-2", "?"]
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(LegRinging, LEGS),
    st.builds(LegAnswered, LEGS),
    st.builds(LegEnded, LEGS, st.sampled_from(LegResult)),
    st.builds(TimerFired, TIMERS),
    st.builds(lambda steps: Routed(RoutePlan(steps, 60)), steps(StepReason.HUNT)),
    st.sampled_from(
        [
            Arrived(),
            Ordered(),
            PhoneDialled(),
            CallerGone(),
            HangUpOrdered(),
            AnnouncementFinished(),
            RecordingFinished(),
            RecordingFailed(),
            SwitchLost(),
        ]
    ),
)
HAPPENINGS = st.lists(st.tuples(st.floats(0, 200), EVENTS), max_size=15)
STRANGE_TIMERS_LEFT_OUT = HAPPENINGS.map(lambda all_: [each for each in all_ if not isinstance(each[1], TimerFired)])

BEGINNINGS: dict[str, Callable[[RoutePlan], Stage]] = {
    "incoming": incoming,
    "unrouted": lambda _plan: incoming(),
    "ordered": lambda plan: begun(outgoing(record=plan.record), Ordered()),
    "dialled": lambda plan: begun(outgoing(BEN, record=plan.record), PhoneDialled()),
}


def begun(stage: Stage, event: Event) -> Stage:
    stage.at(0, event)
    return stage


def play(stage: Stage, happenings: Sequence[tuple[float, Event]], *, doubled: bool = False) -> None:
    """Feed the happenings at their moments and every timer at its own (and again later), until all is done.

    What is left then can only be a talk, and somebody hangs up.
    """
    queue = [(moment, number, event) for number, (moment, event) in enumerate(happenings)]
    heapq.heapify(queue)
    seen = 0
    while True:
        for command in stage.commands[seen:]:
            if isinstance(command, SetTimer):
                due = (command.at - START).total_seconds()
                for late in (0.0, 7.5):
                    heapq.heappush(
                        queue, (due + late, len(queue) + 1000 * len(stage.commands), TimerFired(command.name))
                    )
        seen = len(stage.commands)
        if not queue:
            if stage.call.ended_at is not None:
                return
            assert stage.call.talk_started_at is not None
            queue = [(LONGEST_SET_UP, 0, CallerGone())]
        moment, _, event = heapq.heappop(queue)
        stage.at(moment, event)
        if doubled:
            before = stage.call
            assert stage.machine.on(event, after(moment + 0.5)) == []
            assert stage.call == before


def notes(stage: Stage) -> list[Note]:
    return stage.wanted(Note)


def check_notes(stage: Stage) -> None:
    changes = stage.changes
    assert changes[0] is CallChange.STARTED
    assert Counter(changes)[CallChange.FINISHED] == 1
    assert max(Counter(changes)[each] for each in (CallChange.STARTED, CallChange.ANSWERED, CallChange.RECORDED)) <= 1
    assert [note.call.version for note in notes(stage)] == list(range(1, len(changes) + 1))
    finished = changes.index(CallChange.FINISHED)
    for number, note in enumerate(notes(stage)):
        assert (note.call.outcome is not None) == (note.call.ended_at is not None) == (number >= finished)


def check_moments(call: CallSnapshot) -> None:
    for leg in call.legs:
        moments = [leg.started_at, leg.rang_at, leg.answered_at, leg.ended_at]
        known = [moment for moment in moments if moment is not None]
        assert known == sorted(known)
        assert (leg.ended_at is None) == (leg.result is None) == (leg.end is None)
        assert (leg.answered_at is not None) == (leg.result is LegResult.ANSWERED) or leg.ended_at is None


def check_end(stage: Stage) -> None:
    call = stage.call
    assert stage.machine.is_over
    assert call.ended_at is not None
    assert all(leg.ended_at is not None and leg.ended_at <= call.ended_at for leg in call.legs)
    talked = call.talk_started_at is not None
    assert (call.outcome is CallOutcome.ANSWERED) == talked
    times = call_times(call)
    assert times.talk_seconds is not None
    assert (times.a_connection_seconds or 0) >= times.talk_seconds
    assert times.b_connection_seconds == times.talk_seconds


def check_commands(commands: Sequence[Command]) -> None:
    dialled = [command.leg for command in commands if isinstance(command, Dial)]
    cancelled = [command.leg for command in commands if isinstance(command, CancelLeg)]
    assert dialled == sorted(set(dialled))
    assert len(cancelled) == len(set(cancelled))
    assert set(cancelled) <= set(dialled)
    timers = [command.name for command in commands if isinstance(command, SetTimer)]
    assert len(timers) == len(set(timers))
    end = next(at for at, each in enumerate(commands) if isinstance(each, Note) and each.change is CallChange.FINISHED)
    assert all(isinstance(command, Note) for command in commands[end + 1 :])


@pytest.mark.parametrize("beginning", BEGINNINGS)
@settings(max_examples=60)
@given(plan=PLANS, happenings=HAPPENINGS)
def test_every_call_ends_once_and_its_story_is_consistent(
    beginning: str, plan: RoutePlan, happenings: list[tuple[float, Event]]
) -> None:
    stage = BEGINNINGS[beginning](plan)
    play(stage, happenings)
    check_notes(stage)
    for note in notes(stage):
        check_moments(note.call)
    check_end(stage)
    check_commands(stage.commands)


@pytest.mark.parametrize("beginning", BEGINNINGS)
@settings(max_examples=60)
@given(plan=PLANS, happenings=HAPPENINGS)
def test_an_event_that_comes_twice_changes_nothing(
    beginning: str, plan: RoutePlan, happenings: list[tuple[float, Event]]
) -> None:
    play(BEGINNINGS[beginning](plan), happenings, doubled=True)


@pytest.mark.parametrize("beginning", BEGINNINGS)
@settings(max_examples=60)
@given(plan=PLANS, happenings=HAPPENINGS, late=st.lists(EVENTS, min_size=1, max_size=10))
def test_nothing_follows_the_end(
    beginning: str, plan: RoutePlan, happenings: list[tuple[float, Event]], late: list[Event]
) -> None:
    stage = BEGINNINGS[beginning](plan)
    play(stage, happenings)
    before = stage.call
    moment = 2 * LONGEST_SET_UP + RECORD_GIVEN_UP.total_seconds()
    assert stage.at(moment, *late) == []
    assert stage.call == before


@given(plan=PLANS, happenings=STRANGE_TIMERS_LEFT_OUT)
def test_in_one_round_everybody_is_rung_at_most_once(plan: RoutePlan, happenings: list[tuple[float, Event]]) -> None:
    stage = incoming(plan)
    play(stage, happenings)
    rung = Counter((leg.reason is StepReason.FALLBACK, leg.round, leg.address) for leg in stage.call.legs[1:])
    assert not rung or max(rung.values()) == 1


@given(plan=PLANS, happenings=STRANGE_TIMERS_LEFT_OUT)
def test_the_total_limit_and_the_own_time_of_each_step_hold(
    plan: RoutePlan, happenings: list[tuple[float, Event]]
) -> None:
    stage = incoming(plan)
    play(stage, happenings)
    longest = max((each.seconds for each in (*plan.steps, *plan.beside)), default=0)
    for leg in stage.call.legs[1:]:
        until = leg.answered_at or leg.ended_at
        assert until is not None
        if leg.reason in (StepReason.HUNT, StepReason.OWNER):
            assert until <= START + timedelta(seconds=plan.total_seconds)
            assert until - leg.started_at <= timedelta(seconds=longest)
        else:
            assert until - leg.started_at <= timedelta(seconds=40)


@given(plan=PLANS, happenings=HAPPENINGS)
def test_the_phones_that_lose_are_cancelled_as_answered_elsewhere(
    plan: RoutePlan, happenings: list[tuple[float, Event]]
) -> None:
    stage = incoming(plan)
    play(stage, happenings)
    answered = [note.call for note in notes(stage) if note.change is CallChange.ANSWERED]
    losers = {command.leg for command in stage.wanted(CancelLeg) if command.reason is LegResult.ANSWERED_ELSEWHERE}
    assert bool(losers) <= bool(answered)
    for call in answered:
        assert [leg.number for leg in call.legs if leg.ended_at is None] == [
            1,
            next(leg.number for leg in call.legs[1:] if leg.answered_at is not None),
        ]
        assert losers == {leg.number for leg in call.legs if leg.result is LegResult.ANSWERED_ELSEWHERE}


@pytest.mark.parametrize("beginning", BEGINNINGS)
@settings(max_examples=60)
@given(plan=PLANS, happenings=HAPPENINGS, cut=st.integers(1, 30), at=st.floats(0, 300))
def test_a_call_cut_short_at_any_note_gets_a_true_end(
    beginning: str, plan: RoutePlan, happenings: list[tuple[float, Event]], cut: int, at: float
) -> None:
    stage = BEGINNINGS[beginning](plan)
    play(stage, happenings)
    all_notes = notes(stage)
    last = all_notes[min(cut, len(all_notes)) - 1].call
    closed = close_interrupted(last, after(at))
    check_moments(closed)
    assert closed.ended_at is not None
    assert all(leg.ended_at is not None and leg.ended_at <= closed.ended_at for leg in closed.legs)
    assert (closed.outcome is CallOutcome.ANSWERED) == (closed.talk_started_at is not None)


@settings(max_examples=30)
@given(plan=PLANS, happenings=HAPPENINGS)
def test_the_same_events_give_the_same_commands(plan: RoutePlan, happenings: list[tuple[float, Event]]) -> None:
    first, second = incoming(plan), incoming(plan)
    play(first, happenings)
    play(second, happenings)
    assert first.commands == second.commands


def test_an_event_before_the_beginning_is_not_taken() -> None:
    machine: CallMachine = outgoing(STRANGER).machine
    assert machine.on(Arrived(), START) == machine.on(LegAnswered(1), START) == machine.on(SwitchLost(), START) == []
