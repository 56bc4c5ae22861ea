"""The account's rules of following up, and the lock that they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select

from portal.followups.models import DEFAULT_MINUTES, FollowUpRules
from portal.kernel.db import db, upsert
from portal.kernel.prepared import Prepared


def held_rules() -> FollowUpRules:
    """The rules, held as by `lock_rules`."""
    lock_rules()
    return db.session.scalars(select(FollowUpRules)).one()


# Each answered call and each that was missed waits for them.
_MINUTES = Prepared(select(FollowUpRules.minutes))
_LOCKED = Prepared(select(FollowUpRules.minutes).with_for_update())


def minutes() -> int:
    """After how many working minutes a missed call is due."""
    found = _MINUTES.first()
    return int(found[0]) if found else DEFAULT_MINUTES


def lock_rules() -> None:
    """Holds the rules until the end of the transaction: whoever else changes follow-ups of the account waits."""
    if not lock_rules_ahead()():
        upsert(FollowUpRules, {"minutes": DEFAULT_MINUTES}, key=["account_id"])
        _LOCKED.first()


def lock_rules_ahead() -> Callable[[], Sequence[object]]:
    """The same for who goes on meanwhile: answers nothing where there are none yet, and nothing is held."""
    return _LOCKED.ahead()
