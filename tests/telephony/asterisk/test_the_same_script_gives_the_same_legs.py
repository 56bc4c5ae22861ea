"""The sandbox and an Asterisk under the same scripts: whatever is planned and whatever people do, the calls are alike.

Moments of a script lie six seconds apart at least, half a second of the clock, so that a busy machine cannot change
their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from portal.telephony.engine import CallSnapshot
from portal.telephony.engines.sandbox.lines import PhoneSettings
from portal.telephony.plan import Fallback, FallbackCause, RingStep, RoutePlan, StepReason, Target
from tests.telephony.asterisk.bare import bare_switch, ended
from tests.telephony.asterisk.fake import FakeAsterisk
from tests.telephony.asterisk.office import BUSY, OFFLINE, SILENT
from tests.telephony.fast_time import FastTimeline
from tests.telephony.sandbox.room import STRANGER, Room, call_id

SPEED = 10.0
SCRIPTS = 20
EARLY = PhoneSettings(answers_after=(6, 6), hangs_up_after=None)
LATE = PhoneSettings(answers_after=(26, 26), hangs_up_after=None)
PHONES = (EARLY, LATE, LATE, SILENT, SILENT, BUSY, OFFLINE)


@dataclass(frozen=True)
class Script:
    number: int
    phones: dict[str, PhoneSettings]
    plan: RoutePlan
    patience: float

    @property
    def did(self) -> str:
        return f"7495000{self.number:04d}"


def make_script(number: int, chance: Random) -> Script:
    phones = {f"SIP/{number:03d}{name}": chance.choice(PHONES) for name in range(4)}
    targets = [Target(address) for address in phones]
    chance.shuffle(targets)

    def step(reason: StepReason, round_: int = 1) -> RingStep:
        some = tuple(chance.sample(targets, chance.choice([1, 1, 2, 3])))
        return RingStep(some, chance.choice([20, 40]), reason, round_)

    steps = tuple(step(StepReason.HUNT, round_) for round_ in chance.choice([(1,), (1, 1), (1, 2)]))
    fallback = Fallback((step(StepReason.FALLBACK),), "nobody_answered") if chance.random() < 0.5 else Fallback()
    plan = RoutePlan(
        steps,
        total_seconds=chance.choice([53, 200]),
        fallbacks=dict.fromkeys(FallbackCause, fallback),
        opening=chance.choice([None, None, None, FallbackCause.CLOSED]),
        record=chance.random() < 0.7,
    )
    return Script(number, phones, plan, patience=chance.choice([300, 300, 33]))


def story(call: CallSnapshot) -> dict[str, object]:
    """What of a call does not depend on the machine's speed."""
    return {
        "outcome": call.outcome,
        "fallback": call.fallback,
        "callee": call.callee,
        "has_recording": call.has_recording,
        "skipped": call.skipped,
        "legs": [
            (leg.number, leg.address, leg.result, leg.end, leg.reason, leg.round, leg.rang_at is not None)
            for leg in call.legs
        ],
    }


def test_the_sandbox_and_an_asterisk_tell_the_same_of_the_same_script(tmp_path: Path) -> None:
    chance = Random(1)
    scripts = [make_script(number, chance) for number in range(SCRIPTS)]
    phones = {name.removeprefix("SIP/"): settings for each in scripts for name, settings in each.phones.items()}
    fake = FakeAsterisk(phones, FastTimeline(SPEED))
    try:
        plans = {each.did: (call_id(each.number), each.plan) for each in scripts}
        with bare_switch(fake, tmp_path, plans, SPEED) as pages:
            for each in scripts:
                assert fake.call(STRANGER, each.did, patience=each.patience, talk=20)
            on_asterisk = [story(ended(pages, call_id(each.number))) for each in scripts]
    finally:
        fake.stop()

    rooms = [Room(tmp_path / str(each.number), each.phones, each.plan) for each in scripts]
    in_the_sandbox = [
        story(room.incoming(patience=each.patience, talk=20)) for room, each in zip(rooms, scripts, strict=True)
    ]

    different = [each for each in zip(scripts, on_asterisk, in_the_sandbox, strict=True) if each[1] != each[2]]
    assert not different, "\n".join(map(str, different[0]))
