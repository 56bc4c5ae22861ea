"""The zones in which an account counts its days."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import g

from portal.accounts.models import Account
from portal.kernel.db import db
from portal.kernel.tenancy import current_account_id


def account_zone() -> ZoneInfo:
    """The entered account's time zone. In a transaction that writes it stays that until its end."""
    return ZoneInfo(_account().time_zone)


def billing_zone() -> ZoneInfo:
    """In which its money is counted by day and month. The zone it was opened with, for good: closed months stay."""
    return ZoneInfo(_account().billing_zone)


def is_moving() -> bool:
    """Whether the entered account is about to get another zone: `calls.log.recount` counts its days for it."""
    return _account().moving_to is not None


def _account() -> Account:
    info, present = db.session.info, db.session().get_transaction()
    if g.get("writes") and info.get("account_held_in") is not present:
        # Once per transaction, and kept by the session: a call has many rows that ask.
        info["account"] = db.session.get_one(Account, current_account_id(), with_for_update={"read": True})
        info["account_held_in"] = db.session().get_transaction()
    else:
        info["account"] = db.session.get_one(Account, current_account_id())
    account: Account = info["account"]
    return account
