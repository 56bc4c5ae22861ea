"""Seeded days of two companies on one switch, in simulated time: whatever happens, every call has one true story.

A seed makes the phones, the plans, the callers and the troubles (a planner that fails now and then); the same
seed makes the same day again.
"""

import os
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from portal.telephony.engine import (
    CallChange,
    CallKind,
    CallOutcome,
    CallSnapshot,
    IncomingCall,
    LegResult,
    Presence,
)
from portal.telephony.engines.sandbox.callers import CallerScript
from portal.telephony.engines.sandbox.lines import Habit, PhoneSettings
from portal.telephony.engines.sandbox.switch import SandboxSwitch
from portal.telephony.engines.sandbox.tape import Tape
from portal.telephony.engines.timeline import SimulatedTimeline
from portal.telephony.plan import Fallback, FallbackCause, RingStep, RoutePlan, Skipped, SkipReason, StepReason, Target
from tests.telephony.sandbox.room import NORTH, SOUTH, START, Pages, People, Says, Shelf, call_id

SCHEDULES = int(os.environ.get("SCHEDULES", "3000"))
"""Days; `make test-schedules` plays ten thousand, the plain suite the first three thousand of them."""
BATCHES = 12
CALLS = 8
STEP_SECONDS = 20
DIDS = {NORTH: "74951234567", SOUTH: "78121234567"}
ADDRESSES = {account: [f"SIP/{account}000000000{number}" for number in range(5)] for account in (NORTH, SOUTH)}


class Day:
    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = Random(seed)
        self.timeline = SimulatedTimeline(START)
        self.people = People({account: self._phones(account) for account in (NORTH, SOUTH)})
        self.journal = Pages()
        self.shelf = Shelf()
        self.totals: dict[str, int] = {}
        self.switch = SandboxSwitch(
            name="sandbox",
            timeline=self.timeline,
            directory=self.people,
            planner=Says(self._plan),
            journal=self.journal,
            tape=Tape(folder, self.shelf),
            chance=Random(seed + 1),
        )

    def run(self) -> None:
        for number in range(CALLS):
            at = START + timedelta(seconds=self.chance.uniform(0, 90))
            self.timeline.call_at(at, partial(self._place, number))
            if self.chance.random() < 0.2:
                at += timedelta(seconds=self.chance.uniform(0, 60))
                self.timeline.call_at(at, partial(self.switch.hang_up, call_id(number)))
        self.timeline.run()

    def _phones(self, account: int) -> dict[str, PhoneSettings]:
        return {address: self._phone() for address in self.chance.sample(ADDRESSES[account], k=4)}

    def _phone(self) -> PhoneSettings:
        habit = self.chance.choice([Habit.ANSWERS, Habit.ANSWERS, *Habit])
        return PhoneSettings(habit, (self.chance.uniform(0, 5), self.chance.uniform(5, 30)), (0.1, 4.0))

    def _place(self, number: int) -> None:
        account = NORTH if number % 2 else SOUTH
        kind = self.chance.random()
        a, b = self.chance.sample(ADDRESSES[account], k=2)
        outside = f"7916111223{self.chance.randrange(10)}"
        if kind < 0.6:
            script = CallerScript(self.chance.choice([0.0, 0.05, 3, 15, 40, 200]), self.chance.uniform(0, 4))
            self.switch.place_incoming(account, call_id(number), f"7903{account}{number:06d}", DIDS[account], script)
        elif kind < 0.8:
            self.switch.originate(account, call_id(number), a, self.chance.choice([b, outside]), did=DIDS[account])
        else:
            self.switch.dial_from_phone(account, call_id(number), a, self.chance.choice([b, outside]))

    def _plan(self, call: IncomingCall, presence: Mapping[str, Presence]) -> RoutePlan:
        assert set(presence) <= set(ADDRESSES[call.account_id])
        if self.chance.random() < 0.05:
            raise LookupError("no plan today")
        total = self.totals[call.api_call_id] = self.chance.choice([5, 30, 60, 120])
        fallbacks = {
            cause: Fallback(self._steps(call, StepReason.FALLBACK, 1), self.chance.choice([None, "sorry"]))
            for cause in FallbackCause
            if self.chance.random() < 0.5
        }
        skipped = (Skipped(Target(ADDRESSES[call.account_id][0]), self.chance.choice(list(SkipReason))),)
        opening = FallbackCause.CLOSED if self.chance.random() < 0.1 else None
        steps = self._steps(call, StepReason.HUNT, self.chance.randint(0, 4))
        beside = self._steps(call, StepReason.OWNER, self.chance.choice([0, 0, 1, 2]))
        is_recorded = self.chance.random() < 0.2
        return RoutePlan(steps, total, fallbacks, skipped, opening, record=is_recorded, beside=beside)

    def _steps(self, call: IncomingCall, reason: StepReason, count: int) -> tuple[RingStep, ...]:
        targets = [Target(address) for address in ADDRESSES[call.account_id]] + [Target("79161112233")]
        return tuple(
            RingStep(
                tuple(self.chance.sample(targets, k=self.chance.randint(1, 4))),
                self.chance.randint(1, STEP_SECONDS),
                reason,
                self.chance.randint(1, 2),
            )
            for _ in range(count)
        )


def check_story(notes: list[tuple[CallChange, CallSnapshot]]) -> None:
    changes = Counter(change for change, _call in notes)
    assert notes[0][0] is CallChange.STARTED
    assert changes[CallChange.STARTED] == changes[CallChange.FINISHED] == 1
    assert changes[CallChange.ANSWERED] <= 1
    assert [call.version for _change, call in notes] == list(range(1, len(notes) + 1))
    assert len({(call.account_id, call.api_call_id, call.caller, call.did) for _change, call in notes}) == 1


def check_call(call: CallSnapshot, day: Day) -> None:
    assert call.ended_at is not None
    assert (call.outcome is CallOutcome.ANSWERED) == (call.talk_started_at is not None)
    moments = [call.started_at, call.talk_started_at, call.ended_at]
    known = [each for each in moments if each is not None]
    assert known == sorted(known)
    for leg in call.legs:
        known = [each for each in (leg.started_at, leg.rang_at, leg.answered_at, leg.ended_at) if each is not None]
        assert known == sorted(known)
        assert leg.result is not None
        assert leg.end is not None
        assert leg.ended_at is not None
        assert leg.ended_at <= call.ended_at
    assert call.has_recording == ((call.account_id, call.api_call_id) in day.shelf.records)


def check_hunt(call: CallSnapshot, day: Day) -> None:
    rung = Counter((leg.reason is StepReason.FALLBACK, leg.round, leg.address) for leg in call.legs[1:])
    assert not rung or max(rung.values()) == 1
    answered = [leg for leg in call.legs[1:] if leg.result is LegResult.ANSWERED]
    assert len(answered) == (call.outcome is CallOutcome.ANSWERED)
    limit = timedelta(seconds=day.totals.get(call.api_call_id, 0))
    for leg in call.legs[1:]:
        until = leg.answered_at or leg.ended_at
        assert until is not None
        assert until - leg.started_at <= timedelta(seconds=STEP_SECONDS)
        assert leg.reason is StepReason.FALLBACK or until <= call.started_at + limit


def check_accounts_apart(call: CallSnapshot) -> None:
    other = ADDRESSES[SOUTH if call.account_id == NORTH else NORTH]
    assert {leg.address for leg in call.legs}.isdisjoint(other)
    assert call.account_id == (NORTH if int(call.api_call_id, 16) % 2 else SOUTH)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_call_of_every_schedule_has_one_true_story(batch: int, tmp_path: Path) -> None:
    for seed in range(batch, SCHEDULES, BATCHES):
        day = Day(tmp_path, seed)
        day.run()
        assert day.switch._calls == {}
        for notes in day.journal.notes.values():
            check_story(notes)
            call = notes[-1][1]
            check_call(call, day)
            check_accounts_apart(call)
            if call.kind is CallKind.INCOMING:
                check_hunt(call, day)
        for account in (NORTH, SOUTH):
            assert set(day.switch.presence(account).values()).isdisjoint({Presence.RINGING})


def test_the_same_seed_makes_the_same_day(tmp_path: Path) -> None:
    days = [Day(tmp_path, seed=4711) for _ in range(2)]
    for day in days:
        day.run()
    assert days[0].journal.notes == days[1].journal.notes
