"""The zones in which an account counts its days."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from portal.accounts.models import Account
from portal.kernel.db import db, is_sqlite
from portal.kernel.tenancy import current_account_id


def account_zone() -> ZoneInfo:
    """The entered account's time zone."""
    return ZoneInfo(_account().time_zone)


def held_zone() -> ZoneInfo:
    """The same for who writes sums by day: it changes only after this transaction, and those sums with it."""
    present, info = db.session().get_transaction(), db.session().info
    # On SQLite a writer is alone anyway.
    if not is_sqlite() and info.get("zone_held_in") is not present:
        _keep(db.session.get_one(Account, current_account_id(), with_for_update={"read": True}))
        info["zone_held_in"] = present
    return account_zone()


def billing_zone() -> ZoneInfo:
    """In which its money is counted by day and month. The zone it was opened with, for good: closed months stay."""
    return ZoneInfo(_account().billing_zone)


def _account() -> Account:
    return _keep(db.session.get_one(Account, current_account_id()))


def _keep(account: Account) -> Account:
    # Held as long as its session: it would be read anew for each of a call's many rows.
    db.session.info["account"] = account
    return account
