"""One call with its legs; the calls that last."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.calls.models import CallRecord
from portal.kernel.db import db

MOST_LIVE = 50
"""More calls at once than anybody can watch."""


def find_call(api_call_id: str) -> CallRecord | None:
    """The account's call with this id, with its legs; None for any other, whoever's it is."""
    return db.session.scalar(
        select(CallRecord).where(CallRecord.api_call_id == api_call_id).options(selectinload(CallRecord.legs))
    )


def live_calls() -> Sequence[CallRecord]:
    """The calls that have not ended, newest first, with their legs; `MOST_LIVE` at most."""
    return db.session.scalars(
        select(CallRecord)
        .where(CallRecord.ended_at.is_(None))
        .options(selectinload(CallRecord.legs))
        .order_by(CallRecord.started_at.desc(), CallRecord.id.desc())
        .limit(MOST_LIVE)
    ).all()
