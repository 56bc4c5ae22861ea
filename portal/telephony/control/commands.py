"""What a machine wants done. A driver carries commands out in the order of the list."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from portal.telephony.engine import CallChange, CallSnapshot, LegResult


@dataclass(frozen=True, slots=True)
class RingCaller:
    """Let the caller hear that it rings; do not answer."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring `address` as leg number `leg`, for `seconds` at most (the machine's own timer ends it too)."""

    leg: int
    address: str
    seconds: int
    caller_shown: str


@dataclass(frozen=True, slots=True)
class CancelLeg:
    """Hang the leg up; with ANSWERED_ELSEWHERE the phone must not show a missed call."""

    leg: int
    reason: LegResult


@dataclass(frozen=True, slots=True)
class AnswerCaller:
    pass


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let the caller and this leg hear each other."""

    leg: int


@dataclass(frozen=True, slots=True)
class StartRecording:
    pass


@dataclass(frozen=True, slots=True)
class StopRecording:
    """Close the record; the bridge still stands, since an engine may lose the end of a record otherwise."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Play the announcement of this name to the caller."""

    name: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up whatever is left of the call, the caller included, and take the bridge down."""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Send ``TimerFired(name)`` at `at`. A name is never set twice for one call."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """Hand the snapshot to the journal."""

    call: CallSnapshot
    change: CallChange


Command: TypeAlias = (
    RingCaller
    | Dial
    | CancelLeg
    | AnswerCaller
    | Bridge
    | StartRecording
    | StopRecording
    | Announce
    | HangUp
    | SetTimer
    | Note
)
