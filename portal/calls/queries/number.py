"""The calls of one number, by the indexes of the two sides."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.calls.models import CallRecord
from portal.kernel.db import db


def calls_with(address: str, limit: int = 10, before: CallRecord | None = None) -> Sequence[CallRecord]:
    """The last calls from and to an address, newest first; with `before` only those that began earlier than it."""
    found: dict[int, CallRecord] = {}
    for side in (CallRecord.caller, CallRecord.callee):
        rows = select(CallRecord).where(side == address)
        if before is not None:
            rows = rows.where(CallRecord.started_at <= before.started_at, CallRecord.id != before.id)
        newest = rows.order_by(CallRecord.started_at.desc(), CallRecord.id.desc()).limit(limit)
        found |= {call.id: call for call in db.session.scalars(newest)}
    return sorted(found.values(), key=lambda call: (call.started_at, call.id), reverse=True)[:limit]
