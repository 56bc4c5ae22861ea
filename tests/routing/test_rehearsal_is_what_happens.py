"""Over random settings: what the rehearsal says is what the sandbox then does, leg by leg.

`make test-schedules` plays ten thousand of them, the plain suite the first few hundred.
"""

import os
from pathlib import Path
from random import Random

import pytest

from portal.routing.deciding import make_plan
from portal.routing.facts import FallbackRule, GroupFacts, Member, RouteFacts
from portal.routing.hours import Hours
from portal.routing.models import FallbackKind, HuntStrategy, OwnerMode
from portal.telephony.control.rehearse import play_unanswered
from portal.telephony.engine import CallSnapshot, IncomingCall, Presence
from portal.telephony.engines.sandbox import lines
from portal.telephony.plan import FallbackCause
from tests.telephony.sandbox.room import BUSY, DID, NORTH, OFFLINE, SILENT, START, STRANGER, Room

BATCHES, SEEDS = 8, int(os.environ.get("SCHEDULES", "400"))
ADDRESSES = [f"SIP/0000000000{number}" for number in range(1, 7)]
PHONES = {Presence.ONLINE: SILENT, Presence.OFFLINE: OFFLINE, Presence.BUSY: BUSY}


def random_facts(chance: Random) -> RouteFacts:
    people = [
        Member(number, f"User {number}", chance.choice([*[address] * 5, None]), number, chance.random() < 0.9)
        for number, address in enumerate(ADDRESSES, 1)
    ]
    main = random_group(chance, 1, people, others=[2, 3])
    groups = {1: main, 2: random_group(chance, 2, people, [3]), 3: random_group(chance, 3, people, [1, 2])}
    return RouteFacts(
        group=main,
        groups=groups,
        caller=STRANGER,
        did=DID,
        blacklisted="spam" if chance.random() < 0.05 else None,
        hours=Hours(((),) * 7) if chance.random() < 0.1 else Hours(),
        employee=chance.choice(people) if chance.random() < 0.1 else None,
        owner=chance.choice(people) if chance.random() < 0.5 else None,
        owner_mode=chance.choice(list(OwnerMode)),
        presence={address: chance.choice([Presence.ONLINE, Presence.ONLINE, *PHONES]) for address in ADDRESSES},
    )


def random_group(chance: Random, key: int, people: list[Member], others: list[int]) -> GroupFacts:
    return GroupFacts(
        id=key,
        name=f"Group {key}",
        strategy=chance.choice(list(HuntStrategy)),
        ring_seconds=chance.randint(5, 30),
        rounds=chance.randint(1, 3),
        total_seconds=chance.randint(10, 120),
        owner_seconds=chance.randint(5, 60),
        fallback=random_rule(chance, others),
        special={cause: random_rule(chance, others) for cause in FallbackCause if chance.random() < 0.3},
        members=tuple(chance.sample(people, chance.randint(0, len(people)))),
        last_member_key=chance.choice([None, 1, 2, 3]),
    )


def random_rule(chance: Random, others: list[int]) -> FallbackRule:
    kind = chance.choice(list(FallbackKind))
    address = {FallbackKind.SIP_LINE: chance.choice(ADDRESSES), FallbackKind.NUMBER: "79161112238"}.get(kind)
    return FallbackRule(kind, address, "", chance.choice(others) if kind is FallbackKind.GROUP else None)


def story(call: CallSnapshot) -> list[tuple[str, str | None, int, str | None, str | None]]:
    return [(leg.address, leg.reason, leg.round, leg.result, leg.end) for leg in call.legs[1:]]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_sandbox_does_what_the_rehearsal_says(batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The network's twentieth of a second would cut rings by it that end at the total limit.
    monkeypatch.setattr(lines, "NETWORK_DELAY", 0.0)
    rung = 0
    for seed in range(batch, SEEDS, BATCHES):
        facts = random_facts(Random(seed))
        plan = make_plan(facts, START, Random(seed)).plan
        said = play_unanswered(IncomingCall(NORTH, "0" * 32, STRANGER, DID, START), plan, facts.presence)
        room = Room(tmp_path, {each: PHONES[presence] for each, presence in facts.presence.items()}, plan)
        done = room.incoming(patience=100_000)

        assert story(done) == story(said), seed
        assert (done.outcome, done.fallback, done.skipped) == (said.outcome, said.fallback, said.skipped), seed
        for real, rehearsed in zip(done.legs[1:], said.legs[1:], strict=True):
            assert (real.started_at, real.ended_at) == (rehearsed.started_at, rehearsed.ended_at), seed
        rung += len(done.legs) - 1
    assert rung > SEEDS / BATCHES


def test_the_same_facts_and_the_same_chance_make_the_same_plan() -> None:
    for seed in range(50):
        one, other = (make_plan(random_facts(Random(seed)), START, Random(seed)) for _ in range(2))
        assert one == other
