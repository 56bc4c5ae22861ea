"""A plausible past: calls with their legs, made up fast enough to fill an account with millions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from portal.telephony.engine import CallKind, CallOutcome, LegEnd, LegResult, Side
from portal.telephony.plan import StepReason

TALKS = (7, 11, 16, 22, 28, 35, 43, 54, 68, 85)
"""Seconds that a talk lasts; the demo has one tape for each."""
_RING_SECONDS = 15
_HOURS = [9, 10, 10, 11, 11, 11, 12, 12, 13, 14, 14, 15, 15, 15, 16, 16, 17, 17, 18, 19]


@dataclass(frozen=True, slots=True)
class Somebody:
    """One side of a call."""

    address: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Cast:
    """Who calls whom in an account."""

    dids: Sequence[str]
    employees: Sequence[Somebody]
    contacts: Sequence[Somebody]


@dataclass(slots=True)
class PastLeg:
    """A leg as `calls.models.CallLeg` keeps it."""

    address: str
    label: str
    side: Side
    reason: StepReason | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    result: LegResult
    end: LegEnd


@dataclass(slots=True)
class PastCall:
    """A finished call of the past."""

    api_call_id: str
    kind: CallKind
    outcome: CallOutcome
    caller: Somebody
    did: str | None
    callee: Somebody | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    talk_seconds: int
    legs: list[PastLeg]


def calls_per_day(count: int) -> int:
    """Forty, or as many as keep so many calls within two years."""
    return max(40, -(-count // 700))


def moments(
    count: int, end: datetime, zone: tzinfo, chance: random.Random, per_day: int | None = None
) -> Iterator[datetime]:
    """`count` moments before `end`, oldest first, in working hours of the zone; on the day of `end` in its full hours.

    `per_day` is what `calls_per_day` says of them unless they are a part of a longer past.
    """
    per_day = per_day or calls_per_day(count)
    last = end.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    open_hours = [hour for hour in _HOURS if hour < last.hour]
    days = [(last, open_hours, min(count, per_day * len(open_hours) // len(_HOURS)))]
    left = count - days[0][2]
    while left > 0:
        days.append((last - timedelta(days=len(days)), _HOURS, min(per_day, left)))
        left -= per_day
    for day, hours, of_day in reversed(days):
        midnight = day.replace(hour=0).astimezone(UTC)
        yield from sorted(
            midnight + timedelta(seconds=chance.choice(hours) * 3600 + chance.random() * 3600) for _ in range(of_day)
        )


def past_call(started: datetime, cast: Cast, chance: random.Random) -> PastCall:
    """One call that began at `started`: two of three come in, a few are within the house."""
    lot = chance.random()
    # By time first: an index of such ids grows at its end, which is what makes a million of them fast.
    call_id = f"{int(started.timestamp() * 1000):012x}{chance.getrandbits(80):020x}"
    if lot < 0.66:
        return _incoming(call_id, started, cast, chance)
    if lot < 0.95:
        return _outgoing(call_id, started, cast, chance)
    return _internal(call_id, started, cast, chance)


def _outside(cast: Cast, chance: random.Random) -> Somebody:
    if cast.contacts and chance.random() < 0.4:
        return chance.choice(cast.contacts)
    return Somebody(f"79{chance.randrange(10**9):09d}", None)


def _incoming(call_id: str, started: datetime, cast: Cast, chance: random.Random) -> PastCall:
    caller = _outside(cast, chance)
    rung = chance.sample(cast.employees, min(len(cast.employees), chance.choice((1, 1, 1, 2, 2, 3))))
    is_answered = chance.random() < 0.8
    legs: list[PastLeg] = []
    moment = started
    for number, employee in enumerate(rung, 1):
        takes_it = is_answered and number == len(rung)
        waited = timedelta(seconds=chance.uniform(2, 12) if takes_it else _RING_SECONDS)
        talk = timedelta(seconds=chance.choice(TALKS)) if takes_it else timedelta(0)
        legs.append(_rung(employee, StepReason.HUNT, moment, waited, talk, LegResult.NO_ANSWER))
        moment += waited
    last = legs[-1]
    own = _own_leg(caller, started, last)
    return PastCall(
        call_id,
        CallKind.INCOMING,
        CallOutcome.ANSWERED if is_answered else CallOutcome.MISSED,
        caller,
        chance.choice(cast.dids),
        rung[-1] if is_answered else None,
        started,
        last.answered_at,
        last.ended_at,
        _talked(last),
        [own, *legs],
    )


def _outgoing(call_id: str, started: datetime, cast: Cast, chance: random.Random) -> PastCall:
    outcome = chance.choices((CallOutcome.ANSWERED, CallOutcome.NO_ANSWER, CallOutcome.BUSY), weights=(72, 20, 8))[0]
    return _dialled(call_id, CallKind.OUTGOING, outcome, started, _outside(cast, chance), cast, chance)


def _internal(call_id: str, started: datetime, cast: Cast, chance: random.Random) -> PastCall:
    colleague = chance.choice(cast.employees)
    return _dialled(call_id, CallKind.INTERNAL, CallOutcome.ANSWERED, started, colleague, cast, chance)


def _dialled(
    call_id: str,
    kind: CallKind,
    outcome: CallOutcome,
    started: datetime,
    other: Somebody,
    cast: Cast,
    chance: random.Random,
) -> PastCall:
    missed = LegResult.BUSY if outcome is CallOutcome.BUSY else LegResult.NO_ANSWER
    did = cast.dids[0] if kind is CallKind.OUTGOING else None
    employee = chance.choice([each for each in cast.employees if each is not other] or list(cast.employees))
    dialled_at = started + timedelta(seconds=chance.uniform(1, 4))
    is_answered = outcome is CallOutcome.ANSWERED
    waited = timedelta(seconds=chance.uniform(2, 14) if is_answered else 25)
    talk = timedelta(seconds=chance.choice(TALKS)) if is_answered else timedelta(0)
    b = _rung(other, StepReason.CALLEE, dialled_at, waited, talk, missed)
    a = PastLeg(
        employee.address,
        employee.name or "",
        Side.CALLER,
        None,
        started,
        dialled_at,
        b.ended_at,
        LegResult.ANSWERED,
        b.end,
    )
    return PastCall(
        call_id, kind, outcome, employee, did, other, started, b.answered_at, b.ended_at, _talked(b), [a, b]
    )


def _rung(
    who: Somebody, reason: StepReason, at: datetime, waited: timedelta, talk: timedelta, missed: LegResult
) -> PastLeg:
    answered = at + waited if talk else None
    return PastLeg(
        who.address,
        who.name or "",
        Side.CALLEE,
        reason,
        at,
        answered,
        at + waited + talk,
        LegResult.ANSWERED if talk else missed,
        LegEnd.CALLER_HUNG_UP if talk else LegEnd.RING_TIME_OVER,
    )


def _own_leg(caller: Somebody, started: datetime, last: PastLeg) -> PastLeg:
    is_answered = last.answered_at is not None
    return PastLeg(
        caller.address,
        caller.name or "",
        Side.CALLER,
        None,
        started,
        last.answered_at,
        last.ended_at,
        LegResult.ANSWERED if is_answered else LegResult.NO_ANSWER,
        LegEnd.CALLER_HUNG_UP if is_answered else LegEnd.NOBODY_ANSWERED,
    )


def _talked(leg: PastLeg) -> int:
    return round((leg.ended_at - leg.answered_at).total_seconds()) if leg.answered_at else 0
