"""Whom an incoming call rings, from its facts alone. Pure: the rehearsal and real calls both decide here.

The order of the questions: blacklist, working hours, an employee's own mobile, the caller's CRM user, the receivers
of new contacts, the fallback of the cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from portal.routing.facts import GroupFacts, Member, RouteFacts
from portal.routing.fallbacks import FallbackMaker
from portal.routing.models import HuntStrategy, OwnerMode
from portal.routing.strategies import Candidate, in_turn, order_of_round
from portal.telephony.engine import Presence
from portal.telephony.plan import (
    FallbackCause,
    KnownBy,
    RingStep,
    RoutePlan,
    Skipped,
    SkipReason,
    StepReason,
    Target,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The plan of one call, and with whom round robin begins in it (`Member.key`; None: its position stays)."""

    plan: RoutePlan
    begins_with: int | None = None


def make_plan(facts: RouteFacts, now: datetime, chance: Random) -> Decision:
    """The plan that these facts lead to; the same facts and the same chance lead to the same plan.

    A member without a phone, offline or off duty is left out; one that is busy is left out of the first round, and
    may be free by a later one. Nobody is rung twice in a round; the owner's own step is part of the first. A call
    that rings its owner first leaves round robin where it is: most such calls never reach the group.
    """
    maker = FallbackMaker(facts.groups, lambda group: hunt_of(group, facts, now, chance), facts.comes_back)
    if facts.blacklisted is not None:
        return Decision(RoutePlan((), facts.group.total_seconds, opening=FallbackCause.BLACKLISTED))
    if not facts.hours.is_open(now, facts.zone):
        fallbacks = {FallbackCause.CLOSED: maker.make(facts.group, FallbackCause.CLOSED)}
        return Decision(RoutePlan((), facts.group.total_seconds, fallbacks, opening=FallbackCause.CLOSED))
    owner = _owner_to_ring(facts)
    is_group_rung = owner is None or facts.owner_mode is not OwnerMode.ONLY
    if owner is None and facts.owner is not None and facts.owner_mode is OwnerMode.ONLY:
        is_group_rung = False
    hunt = hunt_of(facts.group, facts, now, chance, owner=owner) if is_group_rung else ()
    skipped = _skipped(facts, owner, has_group=is_group_rung)
    owner_steps = _owner_steps(owner, facts.group)
    is_beside = facts.owner_mode is OwnerMode.TOGETHER and bool(hunt)
    can_ring = bool(owner_steps) or any(step.round == 1 for step in hunt)
    plan = RoutePlan(
        steps=(*(() if is_beside else owner_steps), *hunt) if can_ring else (),
        beside=owner_steps if is_beside else (),
        total_seconds=facts.group.total_seconds,
        fallbacks=maker.all(facts.group),
        skipped=skipped,
        known_by=_known_by(facts),
        opening=None if can_ring else _opening(skipped),
    )
    is_turn_taken = facts.group.strategy is HuntStrategy.ROUND_ROBIN and bool(hunt) and can_ring
    is_turn_taken = is_turn_taken and (owner is None or is_beside)
    return Decision(plan, _key_of(hunt[0], facts) if is_turn_taken else None)


def hunt_of(
    group: GroupFacts, facts: RouteFacts, now: datetime, chance: Random, owner: Member | None = None
) -> tuple[RingStep, ...]:
    """The steps of a group, round by round; `owner` is rung elsewhere in the first."""
    return tuple(_hunt(group, facts, now, chance, owner))


def skip_reason(member: Member, facts: RouteFacts) -> SkipReason | None:
    """Why this one is not to be rung now, or None."""
    if facts.employee is not None and member.user_id == facts.employee.user_id:
        return SkipReason.OWN_CALL
    if member.address is None:
        return SkipReason.NO_PHONE
    if not member.is_on_duty:
        return SkipReason.OFF_DUTY
    return _absence(facts.presence, member.address)


def _absence(presence: Mapping[str, Presence], address: str) -> SkipReason | None:
    match presence.get(address, Presence.OFFLINE):
        case Presence.ONLINE:
            return None
        case Presence.OFFLINE:
            return SkipReason.OFFLINE
        case Presence.RINGING | Presence.BUSY:
            return SkipReason.BUSY


def _known_by(facts: RouteFacts) -> KnownBy | None:
    """The source that was asked last is the one that knew."""
    if facts.owner is None or not facts.askings:
        return None
    return KnownBy(facts.askings[-1].source, facts.owner.name)


def _owner_to_ring(facts: RouteFacts) -> Member | None:
    if facts.owner is None or facts.owner_mode is OwnerMode.OFF or skip_reason(facts.owner, facts) is not None:
        return None
    return facts.owner


def _skipped(facts: RouteFacts, owner: Member | None, *, has_group: bool) -> tuple[Skipped, ...]:
    found: dict[Target, SkipReason] = {}
    if facts.owner is not None and owner is None and (reason := skip_reason(facts.owner, facts)):
        found[target_of(facts.owner)] = reason
    for member in facts.group.members if has_group else ():
        reason = skip_reason(member, facts)
        if reason is None and owner is not None and member.address == owner.address:
            reason = SkipReason.ALREADY_RUNG
        if reason is not None:
            found.setdefault(target_of(member), reason)
    return tuple(Skipped(target, reason) for target, reason in found.items())


def target_of(member: Member) -> Target:
    """The member's phone."""
    return Target(member.address or "", member.name)


def _hunt(
    group: GroupFacts, facts: RouteFacts, now: datetime, chance: Random, owner: Member | None
) -> Iterator[RingStep]:
    by_key = {member.key: member for member in group.members}
    turn = in_turn(group.places or tuple(by_key), group.last_member_key)
    for number in range(1, group.rounds + 1):
        candidates = [_candidate(each, facts, now) for each in _members_of_round(group, facts, number, owner)]
        for rung in order_of_round(group.strategy, candidates, turn=turn, chance=chance):
            targets = tuple(target_of(by_key[candidate.key]) for candidate in rung)
            yield RingStep(targets, group.ring_seconds, StepReason.HUNT, number)


def _members_of_round(group: GroupFacts, facts: RouteFacts, number: int, owner: Member | None) -> list[Member]:
    reasons = {member.key: skip_reason(member, facts) for member in group.members}
    if number > 1:
        return [each for each in group.members if reasons[each.key] in (None, SkipReason.BUSY)]
    rung = None if owner is None else owner.address
    return [each for each in group.members if reasons[each.key] is None and each.address != rung]


def _candidate(member: Member, facts: RouteFacts, now: datetime) -> Candidate:
    address = member.address or ""
    activity = facts.activity.get(address)
    return Candidate(
        member.key,
        last_ended_at=None if activity is None else activity.last_ended_at,
        answered_today=facts.answered_today(address, now),
    )


def _owner_steps(owner: Member | None, group: GroupFacts) -> tuple[RingStep, ...]:
    return () if owner is None else (RingStep((target_of(owner),), group.owner_seconds, StepReason.OWNER),)


def _opening(skipped: tuple[Skipped, ...]) -> FallbackCause:
    """Why nobody can be rung: absence, unless somebody is there and talking."""
    is_busy = any(each.reason is SkipReason.BUSY for each in skipped)
    return FallbackCause.ALL_BUSY if is_busy else FallbackCause.NOBODY_REGISTERED


def _key_of(step: RingStep, facts: RouteFacts) -> int | None:
    address = step.targets[0].address
    return next((member.key for member in facts.group.members if member.address == address), None)
