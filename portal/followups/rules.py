"""The account's rules of following up, and the lock that they are."""

from __future__ import annotations

from sqlalchemy import select

from portal.followups.models import DEFAULT_MINUTES, FollowUpRules
from portal.kernel.db import db, upsert


def rules() -> FollowUpRules | None:
    """The account's rules; None where nobody was missed and nothing was set yet."""
    return db.session.scalar(select(FollowUpRules))


def minutes() -> int:
    """After how many working minutes a missed call is due."""
    found = rules()
    return found.minutes if found else DEFAULT_MINUTES


def lock_rules() -> FollowUpRules:
    """The rules, held until the end of the transaction: whoever else changes follow-ups of the account waits."""
    query = select(FollowUpRules).with_for_update()
    found = db.session.scalar(query)
    if found is None:
        upsert(FollowUpRules, {"minutes": DEFAULT_MINUTES}, key=["account_id"])
        found = db.session.scalars(query).one()
    return found
