"""Whom an incoming call rings: the contact's CRM user first, then the receivers of new contacts, then the fallback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random, SystemRandom

from flask import Flask

from portal.kernel.db import transaction
from portal.routing.facts import GroupFacts, Member, RouteFacts, read_facts
from portal.routing.models import FallbackKind, HuntStrategy
from portal.routing.queries import new_contact_group
from portal.routing.strategies import Candidate, in_turn, order_of_round
from portal.telephony.engine import IncomingCall, Presence
from portal.telephony.plan import (
    Fallback,
    FallbackCause,
    RingStep,
    RoutePlan,
    Skipped,
    SkipReason,
    StepReason,
    Target,
)

FALLBACK_SECONDS = 60
"""How long the fallback rings: a mobile needs several seconds before its first ring."""

_NO_ANSWER_CAUSES = (
    FallbackCause.NOBODY_REGISTERED,
    FallbackCause.ALL_BUSY,
    FallbackCause.NOBODY_ANSWERED,
    FallbackCause.ENGINE_ERROR,
)


class Planner:
    """Plans real calls: see `portal.telephony.engine.RoutePlanner`. May be asked from any thread."""

    def __init__(self, app: Flask, chance: Random | None = None) -> None:
        self._app = app
        self._chance = chance or SystemRandom()

    def plan(self, call: IncomingCall, presence: Mapping[str, Presence], now: datetime) -> RoutePlan:
        """The plan of a call that has just come in; round robin moves on by it."""
        with self._app.app_context():
            with transaction(call.account_id, writes=False):
                facts = read_facts(call.caller, presence)
            if facts.group.strategy is not HuntStrategy.ROUND_ROBIN:
                return make_plan(facts, now, self._chance).plan
            # Read again under the lock: of two calls at once, the second must see where the first has begun.
            with transaction(call.account_id):
                facts = read_facts(call.caller, presence, locks_turn=True)
                decision = make_plan(facts, now, self._chance)
                if decision.begins_with is not None:
                    new_contact_group().last_member_id = decision.begins_with
            return decision.plan


@dataclass(frozen=True, slots=True)
class Decision:
    """The plan of one call, and with whom round robin begins in it (`Member.key`; None: its position stays)."""

    plan: RoutePlan
    begins_with: int | None = None


def make_plan(facts: RouteFacts, now: datetime, chance: Random) -> Decision:
    """The plan that these facts lead to; the same facts and the same chance lead to the same plan.

    A member without a phone or offline is left out; one that is busy is left out of the first round, and may be
    free by a later one. Nobody is rung twice in a round; the owner's own step is part of the first. A call that
    rings its owner first leaves round robin where it is: most such calls never reach the group.
    """
    skipped = {_target(each): reason for each in _everybody(facts) if (reason := _skip_reason(each, facts.presence))}
    owner = facts.owner if facts.owner is not None and _target(facts.owner) not in skipped else None
    rounds = [
        _members_of_round(facts, number, skipped, None if owner is None else owner.address)
        for number in range(1, facts.group.rounds + 1)
    ]
    for member in facts.members:
        if owner is not None and member.address == owner.address:
            skipped[_target(member)] = SkipReason.ALREADY_RUNG
    hunt = tuple(_hunt(facts, rounds, now, chance))
    can_ring = owner is not None or bool(rounds[0])
    plan = RoutePlan(
        steps=(*_owner_steps(owner, facts.group), *hunt) if can_ring else (),
        total_seconds=facts.group.total_seconds,
        fallbacks=dict.fromkeys(_NO_ANSWER_CAUSES, _fallback(facts.group)),
        skipped=tuple(Skipped(target, reason) for target, reason in skipped.items()),
        opening=None if can_ring else _opening(skipped),
    )
    is_turn_taken = facts.group.strategy is HuntStrategy.ROUND_ROBIN and owner is None and can_ring
    return Decision(plan, _key_of(hunt[0], facts) if is_turn_taken else None)


def _everybody(facts: RouteFacts) -> tuple[Member, ...]:
    return facts.members if facts.owner is None else (facts.owner, *facts.members)


def _target(member: Member) -> Target:
    return Target(member.address or "", member.name)


def _skip_reason(member: Member, presence: Mapping[str, Presence]) -> SkipReason | None:
    if member.address is None:
        return SkipReason.NO_PHONE
    match presence.get(member.address, Presence.OFFLINE):
        case Presence.ONLINE:
            return None
        case Presence.OFFLINE:
            return SkipReason.OFFLINE
        case Presence.RINGING | Presence.BUSY:
            return SkipReason.BUSY


def _members_of_round(
    facts: RouteFacts, number: int, skipped: Mapping[Target, SkipReason], rung_before: str | None
) -> list[Member]:
    if number == 1:
        return [each for each in facts.members if _target(each) not in skipped and each.address != rung_before]
    return [each for each in facts.members if skipped.get(_target(each)) in (None, SkipReason.BUSY)]


def _hunt(facts: RouteFacts, rounds: Sequence[Sequence[Member]], now: datetime, chance: Random) -> Iterator[RingStep]:
    by_key = {member.key: member for member in facts.members}
    turn = in_turn([member.key for member in facts.members], facts.group.last_member_key)
    for number, members in enumerate(rounds, 1):
        candidates = [_candidate(member, facts, now) for member in members]
        for rung in order_of_round(facts.group.strategy, candidates, turn=turn, chance=chance):
            targets = tuple(_target(by_key[candidate.key]) for candidate in rung)
            yield RingStep(targets, facts.group.ring_seconds, StepReason.HUNT, number)


def _candidate(member: Member, facts: RouteFacts, now: datetime) -> Candidate:
    address = member.address or ""
    activity = facts.activity.get(address)
    return Candidate(
        member.key,
        last_ended_at=None if activity is None else activity.last_ended_at,
        answered_today=facts.answered_today(address, now),
    )


def _owner_steps(owner: Member | None, group: GroupFacts) -> tuple[RingStep, ...]:
    return () if owner is None else (RingStep((_target(owner),), group.owner_seconds, StepReason.OWNER),)


def _opening(skipped: Mapping[Target, SkipReason]) -> FallbackCause:
    """Why nobody can be rung: absence, unless somebody is there and talking."""
    is_busy = SkipReason.BUSY in skipped.values()
    return FallbackCause.ALL_BUSY if is_busy else FallbackCause.NOBODY_REGISTERED


def _fallback(group: GroupFacts) -> Fallback:
    if group.fallback is FallbackKind.HANG_UP or group.fallback_address is None:
        return Fallback()
    target = Target(group.fallback_address, group.fallback_label)
    return Fallback((RingStep((target,), FALLBACK_SECONDS, StepReason.FALLBACK),))


def _key_of(step: RingStep, facts: RouteFacts) -> int | None:
    address = step.targets[0].address
    return next((member.key for member in facts.members if member.address == address), None)
