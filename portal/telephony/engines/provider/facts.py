"""What a provider says of one call, in our words, and the snapshot that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum

from portal.telephony.engine import (
    CallChange,
    CallKind,
    CallOutcome,
    CallSnapshot,
    LegEnd,
    LegResult,
    LegSnapshot,
    Side,
)
from portal.telephony.plan import StepReason


class Weight(IntEnum):
    """How much a telling says. What weighs less changes nothing of what a heavier one told."""

    START_NOTICE = 1
    LISTED_LIVE = 2
    END_NOTICE = 3
    LISTED = 4
    """The list of calls, after the end: every field there is."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """One telling of one call. Durations are whole seconds, None where not known; `record` names the record."""

    upstream_id: str
    weight: Weight
    kind: CallKind
    caller: str
    did: str | None
    callee: str | None
    started_at: datetime
    caller_up: int | None = None
    callee_up: int | None = None
    talk: int | None = None
    caller_wait: int | None = None
    callee_wait: int | None = None
    record: str | None = None
    price: Decimal | None = None

    @property
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return self.weight in (Weight.END_NOTICE, Weight.LISTED)


def snapshot(facts: CallFacts, api_call_id: str, account_id: int, switch: str, version: int) -> CallSnapshot:
    """The call as the journal takes it: two legs at most, since a provider tells of no others."""
    wait, talk = facts.caller_wait or 0, facts.talk or 0
    up = max(facts.caller_up or 0, talk)
    ended_at = facts.started_at + timedelta(seconds=wait + up) if facts.is_over else None
    caller_answered_at = facts.started_at + timedelta(seconds=wait) if _was_answered(facts, up) else None
    talk_started_at = ended_at - timedelta(seconds=talk) if ended_at and talk else None
    callee = _callee_leg(facts, ended_at, talk_started_at)
    return CallSnapshot(
        api_call_id=api_call_id,
        account_id=account_id,
        switch=switch,
        kind=facts.kind,
        caller=facts.caller,
        did=facts.did,
        callee=facts.callee,
        started_at=facts.started_at,
        caller_answered_at=caller_answered_at,
        callee_answered_at=callee.answered_at if callee else None,
        talk_started_at=talk_started_at,
        ended_at=ended_at,
        outcome=_outcome(facts, talk) if facts.is_over else None,
        legs=tuple(leg for leg in (_caller_leg(facts, caller_answered_at, ended_at), callee) if leg is not None),
        has_recording=facts.record is not None,
        version=version,
        price=facts.price,
    )


def change_of(facts: CallFacts) -> CallChange:
    """Which milestone a telling is."""
    return CallChange.FINISHED if facts.is_over else CallChange.STARTED


def _was_answered(facts: CallFacts, up: int) -> bool:
    return bool(up) if facts.is_over else facts.caller_wait is not None


def _outcome(facts: CallFacts, talk: int) -> CallOutcome:
    if talk:
        return CallOutcome.ANSWERED
    return CallOutcome.MISSED if facts.kind is CallKind.INCOMING else CallOutcome.NO_ANSWER


def _caller_leg(facts: CallFacts, answered_at: datetime | None, ended_at: datetime | None) -> LegSnapshot:
    result = None
    if ended_at is not None:
        result = LegResult.ANSWERED if answered_at else LegResult.NO_ANSWER
    return LegSnapshot(
        number=1,
        address=facts.caller,
        label="",
        side=Side.CALLER,
        reason=None,
        round=0,
        started_at=facts.started_at,
        rang_at=None,
        answered_at=answered_at,
        ended_at=ended_at,
        result=result,
        # Which side hung up is not told; the field says only that the leg is over.
        end=LegEnd.CALLER_HUNG_UP if ended_at and answered_at else LegEnd.NOBODY_ANSWERED if ended_at else None,
    )


def _callee_leg(facts: CallFacts, ended_at: datetime | None, talk_started_at: datetime | None) -> LegSnapshot | None:
    if not facts.callee:
        return None
    up = max(facts.callee_up or 0, facts.talk or 0)
    answered_at = ended_at - timedelta(seconds=up) if ended_at and up else talk_started_at
    rung_until = answered_at or ended_at or facts.started_at
    started_at = max(facts.started_at, rung_until - timedelta(seconds=facts.callee_wait or 0))
    result = None
    if ended_at is not None:
        result = LegResult.ANSWERED if answered_at else LegResult.NO_ANSWER
    return LegSnapshot(
        number=2,
        address=facts.callee,
        label="",
        side=Side.CALLEE,
        reason=StepReason.CALLEE if facts.kind is not CallKind.INCOMING else StepReason.HUNT,
        round=1,
        started_at=started_at,
        rang_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        result=result,
        end=LegEnd.CALLEE_HUNG_UP if ended_at and answered_at else LegEnd.RING_TIME_OVER if ended_at else None,
    )
