from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

import pytest

from portal.telephony.engine import CallChange, CallOutcome, CallSnapshot
from portal.telephony.engines.sandbox.callers import CallerScript
from portal.telephony.engines.sandbox.lines import PhoneSettings
from portal.telephony.engines.sandbox.switch import SandboxSwitch
from portal.telephony.engines.sandbox.tape import Tape
from portal.telephony.engines.timeline import RealTimeline
from portal.telephony.plan import RingStep, RoutePlan, StepReason, Target
from tests.telephony.sandbox.room import ANN, DID, NORTH, STRANGER, People, Says, Shelf, call_id

PLAN = RoutePlan((RingStep((Target(ANN),), 15, StepReason.HUNT),), 60)


class Announced:
    """A journal that can be waited for."""

    def __init__(self) -> None:
        self.notes: Queue[tuple[CallChange, CallSnapshot]] = Queue()

    def record(self, call: CallSnapshot, change: CallChange) -> None:
        self.notes.put((change, call))

    def wait_for(self, change: CallChange) -> CallSnapshot:
        while True:
            noted, call = self.notes.get(timeout=20)
            if noted is change:
                return call


@pytest.fixture(name="timeline")
def _timeline() -> Iterator[RealTimeline]:
    timeline = RealTimeline()
    timeline.start()
    yield timeline
    timeline.stop()


def test_a_call_is_rung_talked_and_recorded_with_the_record_made_in_another_thread(
    timeline: RealTimeline, tmp_path: Path
) -> None:
    journal, shelf = Announced(), Shelf()
    people = People({NORTH: {ANN: PhoneSettings(answers_after=(0.02, 0.02), hangs_up_after=None)}})
    with ThreadPoolExecutor(1) as workers:
        tape = Tape(tmp_path, shelf, workers.submit)
        switch = SandboxSwitch("sandbox", timeline, people, Says(lambda _call, _presence: PLAN), journal, tape)
        switch.place_incoming(NORTH, call_id(1), STRANGER, DID, CallerScript(talk_seconds=0.1))
        call = journal.wait_for(CallChange.RECORDED)
    assert call.outcome is CallOutcome.ANSWERED
    assert call.callee == ANN
    assert shelf.records[NORTH, call_id(1)][0].exists()


def test_shutting_down_is_done_before_time_stops(tmp_path: Path) -> None:
    timeline, journal = RealTimeline(), Announced()
    timeline.start()
    people = People({NORTH: {ANN: PhoneSettings(answers_after=(600, 600))}})
    switch = SandboxSwitch(
        "sandbox", timeline, people, Says(lambda _call, _presence: PLAN), journal, Tape(tmp_path, Shelf())
    )
    switch.place_incoming(NORTH, call_id(1), STRANGER, DID)
    switch.shut_down()
    timeline.stop()
    assert journal.wait_for(CallChange.FINISHED).outcome is CallOutcome.INTERRUPTED
