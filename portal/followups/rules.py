"""The account's rules of following up, and the lock that they are."""

from __future__ import annotations

from sqlalchemy import select

from portal.followups.models import DEFAULT_MINUTES, FollowUpRules
from portal.kernel.db import db, upsert
from portal.kernel.prepared import Prepared


def held_rules() -> FollowUpRules:
    """The rules, held as by `lock_rules`."""
    lock_rules()
    return db.session.scalars(select(FollowUpRules)).one()


# Each answered call and each that was missed waits for it.
_LOCKED = Prepared(select(FollowUpRules.minutes).with_for_update())


def rules() -> FollowUpRules | None:
    """The account's rules; None where nobody was missed and nothing was set yet."""
    return db.session.scalar(select(FollowUpRules))


def minutes() -> int:
    """After how many working minutes a missed call is due."""
    found = rules()
    return found.minutes if found else DEFAULT_MINUTES


def lock_rules() -> None:
    """Holds the rules until the end of the transaction: whoever else changes follow-ups of the account waits."""
    if _LOCKED.first() is None:
        upsert(FollowUpRules, {"minutes": DEFAULT_MINUTES}, key=["account_id"])
        _LOCKED.first()
