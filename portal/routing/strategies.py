"""In which order the members of a group are rung. Pure: no rows, no clock, and chance is handed in.

A *round* tries each member at most once; it is a sequence of *turns*, and the members of one turn ring together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TypeAlias

from portal.routing.models import HuntStrategy


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member as the strategies see it: when its phone's last answered call ended, and how many it answered today."""

    key: int
    last_ended_at: datetime | None = None
    answered_today: int = 0


Turn: TypeAlias = tuple[Candidate, ...]


def order_of_round(
    strategy: HuntStrategy, candidates: Sequence[Candidate], *, turn: Sequence[int] = (), chance: Random
) -> tuple[Turn, ...]:
    """The turns of one round over `candidates`, which come in the group's own order.

    `turn` serves round robin: the keys in the order in which their turn comes, as `in_turn` gives them; candidates
    follow it. Ties keep the group's order. An empty round has no turns.
    """
    if not candidates:
        return ()
    if strategy is HuntStrategy.SIMULTANEOUS:
        return (tuple(candidates),)
    return tuple((candidate,) for candidate in _one_by_one(strategy, candidates, turn, chance))


def in_turn(keys: Sequence[int], last: int | None) -> tuple[int, ...]:
    """The keys from the one after `last` on, and around; from the first where `last` is not among them."""
    if last not in keys:
        return tuple(keys)
    start = keys.index(last) + 1
    return (*keys[start:], *keys[:start])


def _one_by_one(
    strategy: HuntStrategy, candidates: Sequence[Candidate], turn: Sequence[int], chance: Random
) -> Sequence[Candidate]:
    match strategy:
        case HuntStrategy.ROUND_ROBIN:
            return sorted(candidates, key=lambda each: turn.index(each.key) if each.key in turn else len(turn))
        case HuntStrategy.LONGEST_IDLE:
            return sorted(candidates, key=_idle_since)
        case HuntStrategy.FEWEST_TODAY:
            return sorted(candidates, key=lambda each: each.answered_today)
        case HuntStrategy.RANDOM:
            return chance.sample(candidates, len(candidates))
        case _:
            return candidates


def _idle_since(candidate: Candidate) -> float:
    """Those who have never answered have been idle the longest."""
    return float("-inf") if candidate.last_ended_at is None else candidate.last_ended_at.timestamp()
