"""What can happen to a call. Drivers make these; a machine takes each any number of times, at any time."""

from dataclasses import dataclass
from typing import TypeAlias

from portal.telephony.engine import LegResult
from portal.telephony.plan import RoutePlan


@dataclass(frozen=True, slots=True)
class Arrived:
    """An incoming call is here; the planner is being asked."""


@dataclass(frozen=True, slots=True)
class Routed:
    """The planner has answered."""

    plan: RoutePlan


@dataclass(frozen=True, slots=True)
class Ordered:
    """Click-to-call: ring the employee first, then the callee."""


@dataclass(frozen=True, slots=True)
class PhoneDialled:
    """An employee has dialled the callee on the phone and waits on the line."""


@dataclass(frozen=True, slots=True)
class LegRinging:
    leg: int


@dataclass(frozen=True, slots=True)
class LegAnswered:
    leg: int


@dataclass(frozen=True, slots=True)
class LegEnded:
    """A leg is gone. `result` says why a leg that was never answered ended; after an answer it is not looked at."""

    leg: int
    result: LegResult


@dataclass(frozen=True, slots=True)
class CallerGone:
    """The waiting or talking caller hung up."""


@dataclass(frozen=True, slots=True)
class HangUpOrdered:
    """Somebody in the cabinet ends the call."""


@dataclass(frozen=True, slots=True)
class TimerFired:
    name: str


@dataclass(frozen=True, slots=True)
class AnnouncementFinished:
    pass


@dataclass(frozen=True, slots=True)
class RecordingFinished:
    """The record's file is complete and handed over."""


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    """There will be no file."""


@dataclass(frozen=True, slots=True)
class SwitchLost:
    """The switch no longer knows this call: nothing can be commanded any more."""


Event: TypeAlias = (
    Arrived
    | Routed
    | Ordered
    | PhoneDialled
    | LegRinging
    | LegAnswered
    | LegEnded
    | CallerGone
    | HangUpOrdered
    | TimerFired
    | AnnouncementFinished
    | RecordingFinished
    | RecordingFailed
    | SwitchLost
)
