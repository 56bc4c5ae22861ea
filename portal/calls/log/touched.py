"""Days of which a call was written while the account's days are counted for another zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete, select

from portal.accounts.zone import is_moving
from portal.calls.log.models import TouchedDay
from portal.kernel.db import db, upsert

_DAY = timedelta(days=1)


def note(moments: Iterable[datetime]) -> None:
    """Notes when such calls began; does nothing while no zone changes."""
    if is_moving():
        days = sorted({moment.astimezone(UTC).date() for moment in moments})
        if days:
            upsert(TouchedDay, [{"day": day} for day in days], key=["account_id", "day"])


def touched_days() -> list[date]:
    """The days that those calls may have begun on, in whichever zone: their own in UTC and those beside it."""
    noted = db.session.scalars(select(TouchedDay.day)).all()
    return sorted({day + shift for day in noted for shift in (-_DAY, timedelta(), _DAY)})


def forget_touched_days() -> None:
    """With the end of the change, whichever it is."""
    db.session.execute(delete(TouchedDay))
