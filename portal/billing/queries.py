"""Reading money: the header of every page, what a call cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import bindparam, func, select

from portal.billing.included import included_left
from portal.billing.ledger import local_day
from portal.billing.models import AccountBalance, EntryKind, LedgerDay, LedgerEntry, LedgerFault
from portal.billing.plans import standing_on
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.money import ZERO

PACE_DAYS = 7
# Built once, for the header of every page.
_MOVED_AFTER = select(func.sum(LedgerDay.amount)).where(
    LedgerDay.day > bindparam("day"), LedgerDay.kind.in_([EntryKind.CALL, EntryKind.FEE])
)
_BALANCE_AND_MOVED = select(select(AccountBalance.balance).scalar_subquery(), _MOVED_AFTER.scalar_subquery())


@dataclass(frozen=True, slots=True)
class HeaderMoney:
    """What the header of every page shows."""

    balance: Decimal
    included: Decimal
    """What is left of this month's included amount."""
    tariff_name: str
    days_left: int | None
    """At the pace of the last seven days; None where nothing is spent."""


def header() -> HeaderMoney:
    """The entered account's figures; reads a handful of rows however long the ledger is."""
    today = local_day(now())
    balance, moved = db.session.execute(_BALANCE_AND_MOVED, {"day": _before_pace(today)}).one()
    standing = standing_on(today)
    return HeaderMoney(
        balance=balance or ZERO,
        included=included_left(today.replace(day=1), standing),
        tariff_name=standing.version.tariff_name if standing else "",
        days_left=_lasts(balance or ZERO, moved),
    )


def days_left(balance: Decimal, today: date) -> int | None:
    """How long a balance lasts at the pace of the last `PACE_DAYS` days; None where nothing is spent."""
    return _lasts(balance, db.session.scalar(_MOVED_AFTER, {"day": _before_pace(today)}))


def _before_pace(today: date) -> date:
    return today - timedelta(days=PACE_DAYS)


def _lasts(balance: Decimal, moved: Decimal | None) -> int | None:
    spent = -(moved or ZERO)
    if spent <= ZERO:
        return None
    return max(0, int(balance * PACE_DAYS / spent))


def entries_of(api_call_id: str) -> Sequence[LedgerEntry]:
    """What a call cost, with the rate that made it, and what corrected that later."""
    charge = db.session.scalars(
        select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CALL, LedgerEntry.source == api_call_id)
    ).all()
    corrections = db.session.scalars(
        select(LedgerEntry).where(LedgerEntry.corrects == api_call_id).order_by(LedgerEntry.id)
    ).all()
    return [*charge, *corrections]


def open_faults() -> Sequence[LedgerFault]:
    """Books that do not agree, of the accounts that may be seen."""
    return db.session.scalars(select(LedgerFault).where(LedgerFault.ended_at.is_(None)).limit(100)).all()
