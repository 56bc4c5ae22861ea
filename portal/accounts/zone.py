"""The zone in which an account counts its days."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from portal.accounts.models import Account
from portal.kernel.db import db
from portal.kernel.tenancy import current_account_id


def account_zone() -> ZoneInfo:
    """The entered account's time zone."""
    account = db.session.get_one(Account, current_account_id())
    # Held as long as its session: it would be read anew for each of a call's many rows.
    db.session.info["account"] = account
    return ZoneInfo(account.time_zone)
