"""What is done when a group led to nobody: the rule of the cause, and the ways that lead on from it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from portal.routing.facts import FallbackRule, GroupFacts
from portal.routing.models import FallbackKind
from portal.telephony.plan import Fallback, FallbackCause, RingStep, StepReason, Target

FALLBACK_SECONDS = 60
"""How long a fallback's phone rings: a mobile needs several seconds before its first ring."""

AFTER_STEPS = (
    FallbackCause.NOBODY_REGISTERED,
    FallbackCause.ALL_BUSY,
    FallbackCause.NOBODY_ANSWERED,
    FallbackCause.ENGINE_ERROR,
)

_CLOSED = FallbackRule(FallbackKind.ANNOUNCEMENT)


def rule_of(group: GroupFacts, cause: FallbackCause) -> FallbackRule:
    """The cause's own rule; else the group's, but for closed hours, where nobody is to be woken: an announcement."""
    default = _CLOSED if cause is FallbackCause.CLOSED else group.fallback
    return group.special.get(cause, default)


class FallbackMaker:
    """Follows rules from group to group, each group at most once: a circle ends the call, and so does an address that
    `comes_back`.
    """

    def __init__(
        self,
        groups: Mapping[int, GroupFacts],
        hunt: Callable[[GroupFacts], tuple[RingStep, ...]],
        comes_back: Callable[[str], bool],
    ) -> None:
        self._groups = groups
        self._hunt = hunt
        self._comes_back = comes_back

    def all(self, group: GroupFacts) -> dict[FallbackCause, Fallback]:
        """The fallback of each cause that can be met once the group rings."""
        return {cause: self.make(group, cause) for cause in AFTER_STEPS}

    def make(self, group: GroupFacts, cause: FallbackCause) -> Fallback:
        """The fallback of one cause."""
        return self._follow(rule_of(group, cause), cause, passed={group.id}, rounds=0)

    def _follow(self, rule: FallbackRule, cause: FallbackCause, *, passed: set[int], rounds: int) -> Fallback:
        match rule.kind:
            case FallbackKind.SIP_LINE | FallbackKind.NUMBER if rule.address and not self._comes_back(rule.address):
                target = Target(rule.address, rule.label)
                return Fallback((RingStep((target,), FALLBACK_SECONDS, StepReason.FALLBACK, rounds + 1),))
            case FallbackKind.ANNOUNCEMENT:
                return Fallback(announcement=cause.value)
            case FallbackKind.GROUP if (group := self._groups.get(rule.group_id or 0)) and group.id not in passed:
                return self._ring_group(group, passed=passed, rounds=rounds)
            case _:
                return Fallback()

    def _ring_group(self, group: GroupFacts, *, passed: set[int], rounds: int) -> Fallback:
        """The group's steps, none beyond its total limit, then what its own rule says of nobody answering."""
        steps = [
            replace(step, reason=StepReason.FALLBACK, round=rounds + step.round)
            for step in _within(self._hunt(group), group.total_seconds)
        ]
        cause = FallbackCause.NOBODY_ANSWERED if steps else FallbackCause.NOBODY_REGISTERED
        further = self._follow(rule_of(group, cause), cause, passed={*passed, group.id}, rounds=rounds + group.rounds)
        return Fallback((*steps, *further.steps), further.announcement)


def _within(steps: tuple[RingStep, ...], total_seconds: int) -> list[RingStep]:
    kept: list[RingStep] = []
    left = total_seconds
    for step in steps:
        if left < 1:
            break
        kept.append(replace(step, seconds=min(step.seconds, left)))
        left -= step.seconds
    return kept
