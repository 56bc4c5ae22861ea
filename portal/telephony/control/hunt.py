"""Going through the steps of a plan: which is next, whom it rings, until when, and what came of them all."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.telephony.engine import LegResult
from portal.telephony.plan import FallbackCause, RingStep, Skipped, SkipReason, StepReason, Target

SHORTEST_RING = timedelta(seconds=1)
"""A step that the total limit would cut shorter than this is not begun."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A step as it is really rung."""

    targets: tuple[Target, ...]
    reason: StepReason
    round: int
    ends_at: datetime
    seconds: int
    is_cut: bool  # the total limit ends it, not its own time


class Hunt:
    """The steps of a plan (or of a fallback), each taken once, nobody twice in one round.

    `limit` is the moment at which the last step ends at the latest; None leaves each step its own time. Hunts that
    go on beside each other share `rung`: whom one has rung in a round, the other does not ring in it.
    """

    def __init__(
        self, steps: Sequence[RingStep], limit: datetime | None = None, rung: set[tuple[int, str]] | None = None
    ) -> None:
        self._steps = iter(steps)
        self._limit = limit
        self._rung = set() if rung is None else rung
        self.skipped: list[Skipped] = []

    def next_ring(self, now: datetime, ringing: Collection[str] = ()) -> Ring | None:
        """The next step that has anybody to ring; None when there is none, or no time for it.

        Addresses that are `ringing` for this call already are passed over.
        """
        for step in self._steps:
            if self._limit is not None and self._limit - now < SHORTEST_RING:
                return None
            targets = tuple(target for target in step.targets if self._is_first(step.round, target, ringing))
            if targets:
                return self._ring(step, targets, now)
        return None

    def _is_first(self, round_: int, target: Target, ringing: Collection[str]) -> bool:
        key = (round_, target.address)
        if key in self._rung or target.address in ringing:
            self.skipped.append(Skipped(target, SkipReason.ALREADY_RUNG))
            return False
        self._rung.add(key)
        return True

    def _ring(self, step: RingStep, targets: tuple[Target, ...], now: datetime) -> Ring:
        own_end = now + timedelta(seconds=step.seconds)
        ends_at = own_end if self._limit is None else min(own_end, self._limit)
        seconds = math.ceil((ends_at - now).total_seconds())
        return Ring(targets, step.reason, step.round, ends_at, seconds, is_cut=ends_at < own_end)


class Track:
    """A hunt on its way: the ring that goes on, the timer that ends it, and the legs that it dialled."""

    def __init__(self, hunt: Hunt) -> None:
        self.hunt = hunt
        self.ring: Ring | None = None
        self.timer = ""
        self.legs: set[int] = set()


def cause_of(results: Iterable[LegResult | None], skipped: Iterable[Skipped]) -> FallbackCause:
    """Why a hunt led to nobody, by what came of its legs and who was passed over.

    Somebody who could have answered outweighs somebody busy, who outweighs a fault of the engine, which
    outweighs absence.
    """
    seen = set(results)
    if seen & {LegResult.NO_ANSWER, LegResult.DECLINED}:
        return FallbackCause.NOBODY_ANSWERED
    if LegResult.BUSY in seen or any(each.reason is SkipReason.BUSY for each in skipped):
        return FallbackCause.ALL_BUSY
    if LegResult.FAILED in seen:
        return FallbackCause.ENGINE_ERROR
    return FallbackCause.NOBODY_REGISTERED
