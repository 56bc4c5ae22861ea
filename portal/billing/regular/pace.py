"""How long the money lasts changes with every day, also without a posting: looked at by the hour."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import or_, select

from portal.billing.alerts.crossing import watch_pace
from portal.billing.ledger import local_day, lock_balance
from portal.billing.models import AccountBalance
from portal.billing.queries import days_left
from portal.billing.regular.every_account import in_every_account
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Periodic


def look_at_pace() -> None:
    """Opens or ends the entered account's alert about money that will soon run out."""
    asked = or_(AccountBalance.warn_days.is_not(None), AccountBalance.is_short)
    if db.session.scalar(select(AccountBalance.id).where(asked)) is None:
        return
    balance = lock_balance()
    watch_pace(balance, days_left(balance.balance, local_day(now())))


def run(_app: Flask) -> None:
    """In every account."""
    in_every_account(look_at_pace, what="look_at_pace")


PACE = Periodic("money-pace", lambda: _("How long the money lasts"), timedelta(hours=1), run)
