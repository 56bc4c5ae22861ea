"""What a route planner answers: who is rung for one call, in which order, how long, and what if nobody takes it.

Pure data. The plan is made by `portal.routing`, carried out by `portal.telephony.control` and shown by
the rehearsal, so that what the page says and what the switch does cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class StepReason(StrEnum):
    """Why somebody is rung."""

    OWNER = "owner"  # the contact's CRM user
    HUNT = "hunt"  # a receiver of new contacts
    FALLBACK = "fallback"
    CALLEE = "callee"  # the one whom an outgoing or internal call is for


class FallbackCause(StrEnum):
    """Why the steps of a plan led to nobody."""

    BLACKLISTED = "blacklisted"
    CLOSED = "closed"
    NOBODY_REGISTERED = "nobody_registered"
    ALL_BUSY = "all_busy"
    NOBODY_ANSWERED = "nobody_answered"
    ENGINE_ERROR = "engine_error"


class SkipReason(StrEnum):
    """Why somebody who could have been rung was not."""

    OFFLINE = "offline"
    BUSY = "busy"
    OFF_DUTY = "off_duty"
    ALREADY_RUNG = "already_rung"
    NO_PHONE = "no_phone"
    OWN_CALL = "own_call"  # the call comes from this person's own mobile


@dataclass(frozen=True, slots=True)
class Target:
    """One phone to ring: an SIP account (``SIP/00000000672``) or an outside number (``74951234567``)."""

    address: str
    label: str = ""  # the CRM user's name


@dataclass(frozen=True, slots=True)
class RingStep:
    """Targets that ring at the same time, for at most `seconds` (1 or more, else ValueError).

    `round` counts from 1: in one round nobody is rung twice, whatever the steps say.
    """

    targets: tuple[Target, ...]
    seconds: int
    reason: StepReason
    round: int = 1

    def __post_init__(self) -> None:
        if self.seconds < 1:
            raise ValueError(f"a step must ring for a second at least, not {self.seconds}")


@dataclass(frozen=True, slots=True)
class Fallback:
    """What is done when the steps led to nobody: ring these steps once, play the announcement, hang up.

    `announcement` is the name of a text that each switch has in its own way: the `FallbackCause` that it speaks of.
    """

    steps: tuple[RingStep, ...] = ()
    announcement: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A target that was not rung, and why."""

    target: Target
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class KnownBy:
    """Who was found to look after the caller, and which source said so (`address-book`, `last-talk`, `lookup`)."""

    source: str
    name: str


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """The whole way of one incoming call.

    `beside` are steps that ring from the beginning on, while `steps` go their own way (a contact's CRM user together
    with the group). `total_seconds` (1 or more, else ValueError) bounds both, counted from the call's arrival: the
    last member rings shorter, steps beyond it are not begun. The fallback of the cause comes after that limit,
    each of its steps for its own seconds. A cause without a fallback means: hang up.
    `opening` is set where nobody is to be rung from the start (blacklisted, closed, or nobody who could be): its
    fallback is taken at once. `record` says whether the talk is recorded. `known_by` is kept with the call.
    """

    steps: tuple[RingStep, ...]
    total_seconds: int
    fallbacks: Mapping[FallbackCause, Fallback] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    opening: FallbackCause | None = None
    record: bool = True
    beside: tuple[RingStep, ...] = ()
    known_by: KnownBy | None = None

    def __post_init__(self) -> None:
        if self.total_seconds < 1:
            raise ValueError(f"the total limit must be a second at least, not {self.total_seconds}")

    def fallback(self, cause: FallbackCause) -> Fallback:
        """What to do for this cause; hanging up where the plan says nothing."""
        return self.fallbacks.get(cause, Fallback())


def plan_for_engine_error(fallback: Fallback) -> RoutePlan:
    """The plan of a call that could not be routed: nobody but `fallback`."""
    return RoutePlan(
        steps=(),
        total_seconds=1,
        fallbacks={FallbackCause.ENGINE_ERROR: fallback},
        opening=FallbackCause.ENGINE_ERROR,
    )
