from collections.abc import Mapping
from pathlib import Path

import pytest

from portal.telephony.engine import CallChange, CallOutcome, CallSnapshot, IncomingCall, LegResult, Presence
from portal.telephony.engines.sandbox.lines import PhoneSettings
from portal.telephony.plan import Fallback, FallbackCause, RingStep, RoutePlan, StepReason, Target
from tests.telephony.sandbox.room import ANN, BEN, NORTH, QUICK, Pages, Room, Says, told


def ringing(address: str) -> tuple[RingStep, ...]:
    return (RingStep((Target(address),), 15, StepReason.HUNT),)


def test_a_planner_that_fails_sends_the_call_to_what_it_last_said_of_errors(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fails = False

    def answer(_call: IncomingCall, _presence: Mapping[str, Presence]) -> RoutePlan:
        if fails:
            raise LookupError("no such group")
        return RoutePlan(ringing(ANN), 60, {FallbackCause.ENGINE_ERROR: Fallback(ringing(BEN))})

    room = Room(tmp_path, {ANN: QUICK, BEN: QUICK}, Says(answer))
    assert room.incoming(number=1).callee == ANN
    fails = True
    call = room.incoming(number=2)
    assert (call.callee, call.fallback) == (BEN, FallbackCause.ENGINE_ERROR)
    assert "no such group" in caplog.text


def test_a_planner_that_always_failed_leaves_a_failed_call_and_not_a_dead_switch(tmp_path: Path) -> None:
    def answer(_call: IncomingCall, _presence: Mapping[str, Presence]) -> RoutePlan:
        raise LookupError("no such group")

    room = Room(tmp_path, {}, Says(answer))
    assert room.incoming(number=1).outcome is CallOutcome.FAILED
    assert room.incoming(number=2).outcome is CallOutcome.FAILED


def test_a_journal_that_fails_does_not_end_the_call(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Pages):
        def record(self, call: CallSnapshot, change: CallChange) -> None:
            super().record(call, change)
            raise OSError("database is locked")

    room = Room(tmp_path, {ANN: QUICK}, RoutePlan(ringing(ANN), 60), journal=Broken())
    assert room.incoming().outcome is CallOutcome.ANSWERED
    assert "database is locked" in caplog.text


def test_a_directory_that_fails_costs_one_leg_only(tmp_path: Path) -> None:
    class Broken:
        calls = 0

        def phones(self, _account_id: int) -> Mapping[str, PhoneSettings]:
            self.calls += 1
            if self.calls == 2:
                raise OSError("database is locked")
            return {ANN: QUICK, BEN: QUICK}

    room = Room(tmp_path, {}, RoutePlan(ringing(ANN) + ringing(BEN), 60))
    room.switch._phones._directory = Broken()
    assert told(room.incoming()) == [(ANN, LegResult.FAILED), (BEN, LegResult.ANSWERED)]


def test_a_sink_that_fails_costs_the_record_and_not_the_call(tmp_path: Path) -> None:
    room = Room(tmp_path / "file", {ANN: QUICK}, RoutePlan(ringing(ANN), 60))
    (tmp_path / "file").write_text("not a folder")
    call = room.incoming()
    assert call.outcome is CallOutcome.ANSWERED
    assert not call.has_recording
    assert CallChange.RECORDED not in room.journal.changes(1)


def test_a_sink_that_wants_no_record_gets_none(tmp_path: Path) -> None:
    class Full:
        def begin(self, _account_id: int, _api_call_id: str) -> None:
            raise OSError("no space left")

        def complete(self, _account_id: int, _api_call_id: str, _path: Path, _seconds: float) -> None:
            raise AssertionError

    room = Room(tmp_path, {ANN: QUICK}, RoutePlan(ringing(ANN), 60))
    room.switch._equipment.tape._sink = Full()
    assert not room.incoming().has_recording
    assert room.switch.presence(NORTH) == {ANN: Presence.ONLINE}
