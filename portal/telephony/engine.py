"""What an engine tells the rest of the house, and whom it asks: snapshots of calls and the protocols.

An engine (sandbox, Asterisk) drives calls by the machines of `portal.telephony.control`, asks a
`RoutePlanner` whom to ring, and tells a `CallJournal` everything that happens. All moments are aware UTC.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from portal.telephony.plan import FallbackCause, KnownBy, RoutePlan, Skipped, StepReason


class Presence(StrEnum):
    """What an SIP account's phone is doing."""

    ONLINE = "online"
    OFFLINE = "offline"
    RINGING = "ringing"
    BUSY = "busy"


class CallKind(StrEnum):
    """Which way a call goes, seen from the account."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


class CallOutcome(StrEnum):
    """What came of a finished call."""

    ANSWERED = "answered"
    MISSED = "missed"  # incoming: nobody answered, or the caller gave up
    BUSY = "busy"  # outgoing
    NO_ANSWER = "no_answer"  # outgoing
    FAILED = "failed"  # could not be carried out
    CLOSED = "closed"  # incoming, outside working hours
    BLOCKED = "blocked"  # incoming, from a number of the blacklist
    INTERRUPTED = "interrupted"  # the switch was lost before anybody talked


class Side(StrEnum):
    """Whose leg it is."""

    CALLER = "caller"
    CALLEE = "callee"


class LegResult(StrEnum):
    """What came of one leg."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    OFFLINE = "offline"
    DECLINED = "declined"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    CALLER_GAVE_UP = "caller_gave_up"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # the switch was lost while it rang


class LegEnd(StrEnum):
    """Why a leg ended when it did."""

    CALLER_HUNG_UP = "caller_hung_up"
    CALLEE_HUNG_UP = "callee_hung_up"
    PHONE_ENDED = "phone_ended"  # busy, offline, declined, or the phone's own ring limit
    RING_TIME_OVER = "ring_time_over"
    TOTAL_LIMIT = "total_limit"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    NOBODY_ANSWERED = "nobody_answered"  # the caller's leg, hung up since nobody took the call
    REFUSED = "refused"  # the caller's leg: a number of the blacklist, or outside working hours
    ORDERED = "ordered"  # hung up from the cabinet
    SWITCH_LOST = "switch_lost"


class CallChange(StrEnum):
    """Which milestone a snapshot was taken at."""

    STARTED = "started"
    LEGS = "legs"  # facts changed, no milestone
    ANSWERED = "answered"
    FINISHED = "finished"  # exactly once per call; `ended_at` and `outcome` are set from here on
    RECORDED = "recorded"  # the record's file is complete; usually just after FINISHED


@dataclass(frozen=True, slots=True)
class LegSnapshot:
    """One leg of a call. The caller's own leg is number 1; dialled phones count from 2."""

    number: int
    address: str
    label: str
    side: Side
    reason: StepReason | None
    round: int
    started_at: datetime
    rang_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    result: LegResult | None
    end: LegEnd | None = None


@dataclass(frozen=True, slots=True)
class CallSnapshot:
    """Everything known of one call at one moment; a higher `version` is newer.

    `callee` is who answered (incoming) or who is called (outgoing, internal). `has_recording` means that a
    record exists or is being written; `fallback` is the fallback that was taken. `price` is what a provider says
    that it cost; None where the account's own tariff says it.
    """

    api_call_id: str
    account_id: int
    switch: str
    kind: CallKind
    caller: str
    did: str | None
    callee: str | None
    started_at: datetime
    caller_answered_at: datetime | None
    callee_answered_at: datetime | None
    talk_started_at: datetime | None
    ended_at: datetime | None
    outcome: CallOutcome | None
    legs: tuple[LegSnapshot, ...]
    has_recording: bool
    version: int
    skipped: tuple[Skipped, ...] = ()
    fallback: FallbackCause | None = None
    price: Decimal | None = None
    known_by: KnownBy | None = None


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call that reached one of the account's public numbers (`did`); `caller` is "" where withheld."""

    account_id: int
    api_call_id: str
    caller: str
    did: str
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """A call that an employee makes: `caller` is an SIP account, `callee` an SIP account or a number.

    `did` is the public number shown to the callee, None where the account has none.
    """

    account_id: int
    api_call_id: str
    caller: str
    callee: str
    ordered_at: datetime
    did: str | None = None
    record: bool = True
    caller_ring_seconds: int = 30
    callee_ring_seconds: int = 60


PLANS_AT_ONCE = 72
"""The threads in which an engine asks for plans: made when they are needed, and at the worst all but a few of them wait
for a stranger's server. 50 calls a second whose CRMs all keep silent for 700 ms are 35.
"""


class RoutePlanner(Protocol):
    """Decides whom an incoming call rings. `presence` is keyed by address (``SIP/...``)."""

    def prepare(self, account_ids: Collection[int]) -> None:
        """Reads what plans of these accounts rest on, so that their first callers do not wait for it."""
        ...

    def plan(self, call: IncomingCall, presence: Mapping[str, Presence], now: datetime) -> RoutePlan: ...


class CallJournal(Protocol):
    """Writes down what happens. Called in the order of `version`, one call at a time from one thread.

    An exception means: not written. A switch is given a journal that keeps such a snapshot and tries again;
    to the switch itself a failure of its journal is a line in the log, and the call goes on.
    """

    def record(self, call: CallSnapshot, change: CallChange) -> None: ...


class RecordSink(Protocol):
    """Takes finished audio files over. May be called from a thread other than the journal's."""

    def begin(self, account_id: int, api_call_id: str) -> None: ...

    def complete(self, account_id: int, api_call_id: str, path: Path, seconds: float) -> None:
        """The file at `path` is whole and the sink's from now on (to move, to store, to delete)."""
        ...
