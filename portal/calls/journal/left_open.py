"""Calls that have no end yet, as the snapshots that they were written from: an engine ends them after a crash."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.calls.models import CallLeg, CallRecord
from portal.kernel.db import db, transaction
from portal.telephony.engine import (
    CallKind,
    CallSnapshot,
    LegEnd,
    LegResult,
    LegSnapshot,
    Side,
)
from portal.telephony.plan import FallbackCause, KnownBy, Skipped, SkipReason, StepReason, Target


def left_open(switch: str) -> Sequence[CallSnapshot]:
    """The calls of every account that this switch has begun and not ended, oldest first."""
    with transaction(everything="calls that a switch left open", writes=False):
        rows = db.session.scalars(
            select(CallRecord)
            .where(CallRecord.switch == switch, CallRecord.ended_at.is_(None))
            .order_by(CallRecord.started_at, CallRecord.id)
            .options(selectinload(CallRecord.legs))
        )
        return [_snapshot(row) for row in rows]


def _snapshot(row: CallRecord) -> CallSnapshot:
    legs = tuple(_leg(leg) for leg in row.legs)
    return CallSnapshot(
        api_call_id=row.api_call_id,
        account_id=row.account_id,
        switch=row.switch,
        kind=CallKind(row.kind),
        caller=row.caller,
        did=row.did,
        callee=row.callee,
        started_at=row.started_at,
        caller_answered_at=next((leg.answered_at for leg in legs if leg.side is Side.CALLER), None),
        callee_answered_at=next((leg.answered_at for leg in legs if leg.side is Side.CALLEE and leg.answered_at), None),
        talk_started_at=row.answered_at,
        ended_at=None,
        outcome=None,
        legs=legs,
        has_recording=row.has_recording,
        version=row.version,
        skipped=tuple(
            Skipped(Target(address, label), SkipReason(reason)) for address, label, reason in row.skipped or ()
        ),
        fallback=FallbackCause(row.fallback) if row.fallback else None,
        known_by=KnownBy(*row.known_by) if row.known_by else None,
    )


def _leg(leg: CallLeg) -> LegSnapshot:
    return LegSnapshot(
        number=leg.number,
        address=leg.address,
        label=leg.label,
        side=Side(leg.side),
        reason=StepReason(leg.reason) if leg.reason else None,
        round=leg.round,
        started_at=leg.started_at,
        rang_at=leg.rang_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        result=LegResult(leg.result) if leg.result else None,
        end=LegEnd(leg.end) if leg.end else None,
    )
