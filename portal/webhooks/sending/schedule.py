"""When a delivery is tried again, and what an answer means. Pure: the present moment and chance are handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from portal.webhooks.models import DeliveryState, EventType, Lane

JITTER = 0.2
"""Share of a step by which it is moved either way, so that deliveries that failed together do not come together."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the deliveries of one kind of event are tried."""

    steps: tuple[timedelta, ...]
    """What is waited before each try, from the end of the one before; the first is the wait from the event itself."""
    deadline_seconds: float
    """What one exchange may take as a whole."""
    lane: Lane
    when_used_up: DeliveryState
    lifetime: timedelta | None
    """How long after the event it is worth sending; None: as long as there are tries."""
    longest_pause: timedelta
    """The most that a receiver's Retry-After may ask for."""
    longest_probe: timedelta
    """The most that a failing receiver waits for its next probe."""

    @property
    def span(self) -> timedelta:
        """From the event to the last try, the tries themselves not counted."""
        return sum(self.steps, timedelta(0))

    @property
    def last_step(self) -> int:
        """The number of the last try: what begins with it is tried once."""
        return len(self.steps) - 1

    def expires_at(self, happened_at: datetime) -> datetime | None:
        """From when on an event of that moment is worth nothing."""
        return None if self.lifetime is None else happened_at + self.lifetime


def _seconds(*values: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=value) for value in values)


_MINUTE, _HOUR = 60, 3600
START = Schedule(
    steps=_seconds(0, 1, 3, 8, 20),
    deadline_seconds=10,
    lane=Lane.START,
    when_used_up=DeliveryState.EXPIRED,
    lifetime=timedelta(seconds=60),
    longest_pause=timedelta(seconds=60),
    longest_probe=timedelta(seconds=20),
)
"""A card that pops up while the phone rings: a few quick tries, and after a minute it would only confuse."""
END = Schedule(
    steps=_seconds(
        0,
        5,
        5 * _MINUTE,
        30 * _MINUTE,
        2 * _HOUR,
        5 * _HOUR,
        10 * _HOUR,
        14 * _HOUR,
        20 * _HOUR,
        24 * _HOUR,
    ),
    deadline_seconds=15,
    lane=Lane.END,
    when_used_up=DeliveryState.FAILED,
    lifetime=None,
    longest_pause=timedelta(hours=24),
    longest_probe=timedelta(minutes=10),
)
"""The fact that a call took place: tried for about three days (75 hours)."""

SCHEDULES = {
    EventType.CALL_STARTED: START,
    EventType.CALL_ANSWERED: START,
    EventType.OUTGOING_STARTED: START,
    EventType.CALL_FINISHED: END,
    EventType.CALL_MISSED: END,
    EventType.RECORDING_READY: END,
}
LASTING = frozenset(event for event, plan in SCHEDULES.items() if plan.lifetime is None)
"""What is worth telling also later: it may be repeated in bulk and caught up with."""

LEASE = timedelta(seconds=20)
"""How long a claim holds: more than the longest deadline and the note of its end; only a dead sender loses it.
Not much more, since what a killed worker held goes out again so much later, and later still for each killed with it."""
START_FIRST = timedelta(seconds=START.deadline_seconds)
"""How long the end of a call waits for its start to reach the same URL: as long as a try in the air may take."""


class Verdict(StrEnum):
    """What an exchange means for its delivery."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"
    """410: the receiver wants no more of this webhook."""


def verdict_on(status: int | None) -> Verdict:
    """Any 2xx is success. A redirect is not followed, so that it is a failure like no answer (`None`) at all."""
    if status is not None and 200 <= status < 300:
        return Verdict.DELIVERED
    return Verdict.GONE if status == 410 else Verdict.FAILED


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a delivery stands after a try."""

    state: DeliveryState
    due_at: datetime | None = None
    """When it is tried again; only for one that waits."""


def after_try(
    schedule: Schedule,
    verdict: Verdict,
    *,
    step: int,
    now: datetime,
    expires_at: datetime | None,
    retry_after: timedelta | None,
    chance: float,
) -> Outcome:
    """The state after the try number `step` (from 0) of the present round ended at `now`; `chance` is from [0, 1).

    The receiver's Retry-After can make the pause longer, up to `longest_pause`, never shorter than our own step.
    """
    if verdict is Verdict.DELIVERED:
        return Outcome(DeliveryState.DELIVERED)
    if step >= schedule.last_step:
        return Outcome(schedule.when_used_up)
    pause = schedule.steps[step + 1] * (1 - JITTER + 2 * JITTER * chance)
    if retry_after is not None:
        pause = max(pause, min(retry_after, schedule.longest_pause))
    due_at = now + pause
    if expires_at is not None and due_at >= expires_at:
        return Outcome(DeliveryState.EXPIRED)
    return Outcome(DeliveryState.WAITING, due_at)


def after_probe(
    schedule: Schedule, verdict: Verdict, *, began_at: datetime | None, now: datetime, expires_at: datetime | None
) -> Outcome:
    """The state after a delivery went out as a probe, which spends none of its tries: the breaker says when it goes on.

    One that has waited behind the breaker since `began_at`, as long as its schedule lasts, is given up all the same.
    None: it is repeated by hand, and waits.
    """
    if verdict is Verdict.DELIVERED:
        return Outcome(DeliveryState.DELIVERED)
    if began_at is not None and now >= began_at + schedule.span:
        return Outcome(schedule.when_used_up)
    if expires_at is not None and now >= expires_at:
        return Outcome(DeliveryState.EXPIRED)
    return Outcome(DeliveryState.WAITING, now)


def retry_after(headers: Iterable[Sequence[str]], now: datetime) -> timedelta | None:
    """What an answer's Retry-After asks for (RFC 9110, 10.2.3: seconds or a date); None where it makes no sense."""
    value = next((text.strip() for name, text in headers if name.lower() == "retry-after"), "")
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:10]), 10**9))
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(0), (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now)
