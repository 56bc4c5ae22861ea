"""What the calls' own rows say of how quickly they were routed: both moments are Asterisk's, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from sqlalchemy import select

from portal.calls.models import CallLeg, CallRecord
from portal.kernel.db import transaction
from portal.telephony.engine import CallOutcome

LATE_MS = 50.0


@dataclass(frozen=True, slots=True)
class Round:
    """The calls of one round, in milliseconds from a call's arrival."""

    decided: list[float]
    """Until our order to ring the first phone."""
    rang: list[float]
    """Until that phone said that it rings."""
    calls: int
    answered: int
    open: int

    def lines(self) -> list[str]:
        """What is printed."""
        late = sum(each > LATE_MS for each in self.decided)
        return [
            f"  decided  {_spread(self.decided)}; later than {LATE_MS:.0f} ms: {late} of {len(self.decided)}",
            f"  rang     {_spread(self.rang)}",
            f"  {self.calls} calls, {self.answered} answered, {self.open} without an end",
        ]


def read_round(app: Flask, since: datetime) -> Round:
    """The calls that arrived since then."""
    first = (CallRecord.id == CallLeg.call_id) & (CallRecord.account_id == CallLeg.account_id) & (CallLeg.number == 2)
    asked = (
        select(CallRecord.started_at, CallLeg.started_at, CallLeg.rang_at, CallRecord.outcome, CallRecord.ended_at)
        .outerjoin(CallLeg, first)
        .where(CallRecord.started_at >= since)
    )
    with app.app_context(), transaction(everything="figures of a bench", writes=False) as session:
        rows = session.execute(asked).all()
    return Round(
        decided=[_ms(began, dialled) for began, dialled, *_ in rows if dialled is not None],
        rang=[_ms(began, rang) for began, _dialled, rang, *_ in rows if rang is not None],
        calls=len(rows),
        answered=sum(outcome == CallOutcome.ANSWERED for *_, outcome, _ended in rows),
        open=sum(ended is None for *_, ended in rows),
    )


def _ms(began: datetime, then: datetime) -> float:
    return (then - began).total_seconds() * 1000


def _spread(found: list[float]) -> str:
    ordered = sorted(found) or [float("nan")]
    p50, p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99))
    return f"p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  last {ordered[-1]:7.1f} ms"
