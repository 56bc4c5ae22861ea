"""What an account is warned of, and who has read which warning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, bindparam, select

from portal.accounts.audit import audit
from portal.billing.alerts.crossing import watch_balance, watch_pace
from portal.billing.ledger import local_day, lock_balance
from portal.billing.models import AccountBalance, DismissedMoneyAlert, MoneyAlert
from portal.billing.queries import days_left
from portal.kernel.clock import now
from portal.kernel.db import announce, db, upsert
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import LARGEST, ZERO, exact

LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Warnings:
    """The thresholds of an account; None: not asked for."""

    below: Decimal | None = None
    days: int | None = None


def warnings_here() -> Warnings:
    """The entered account's."""
    row = db.session.execute(select(AccountBalance.warn_below, AccountBalance.warn_days)).one_or_none()
    return Warnings(*row) if row else Warnings()


def set_warnings(below: Decimal | None, days: int | None) -> None:
    """Warns from now on below this sum and within so many days; looks at once whether that is so already."""
    if below is not None and not ZERO <= below <= LARGEST:
        raise Refused(_("Give a sum that is not negative."), "below")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Refused(_("Give a number of days from 1 to %(most)s.", most=LONGEST_DAYS), "days")
    balance = lock_balance()
    before = Warnings(balance.warn_below, balance.warn_days)
    balance.warn_below, balance.warn_days = below, days
    watch_balance(balance)
    watch_pace(balance, days_left(balance.balance, local_day(now())))
    audit("money.warnings", _("Warnings"), before=_plain(before), after=_plain(Warnings(below, days)))


def open_ones() -> Select[MoneyAlert]:
    """What is so now and the person `viewer_id` has not put away, to be asked for."""
    read = select(DismissedMoneyAlert.alert_id).where(DismissedMoneyAlert.user_id == bindparam("viewer_id"))
    return select(MoneyAlert).where(MoneyAlert.ended_at.is_(None), MoneyAlert.id.not_in(read))


def open_alerts(user_id: int) -> Sequence[MoneyAlert]:
    """The same, the newest first."""
    return db.session.scalars(open_ones().order_by(MoneyAlert.id.desc()), {"viewer_id": user_id}).all()


def dismiss_alert(alert_id: int, user_id: int) -> None:
    """This person has read it; the others still see it. Raises `NotFound`."""
    if db.session.scalar(select(MoneyAlert.id).where(MoneyAlert.id == alert_id)) is None:
        raise NotFound(_("There is no such notice."))
    upsert(DismissedMoneyAlert, {"alert_id": alert_id, "user_id": user_id}, key=["account_id", "alert_id", "user_id"])
    announce("alerts-changed")


def _plain(warnings: Warnings) -> dict[str, object]:
    return {"below": None if warnings.below is None else exact(warnings.below), "days": warnings.days}
