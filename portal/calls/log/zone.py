"""The zone whose days the log counts by."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from portal.accounts.models import Account
from portal.kernel.db import db
from portal.kernel.tenancy import current_account_id


def account_zone() -> ZoneInfo:
    """The entered account's time zone."""
    return ZoneInfo(db.session.get_one(Account, current_account_id()).time_zone)
