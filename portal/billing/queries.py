"""Reading money: the header of every page, the ledger, days and months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from portal.billing.included import included_left
from portal.billing.ledger import local_day
from portal.billing.models import AccountBalance, EntryKind, LedgerDay, LedgerEntry
from portal.billing.models.ledger import NOT_A_CALL
from portal.billing.plans import version_on
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.money import ZERO
from portal.kernel.paging import Cursor, NewestFirst, Page

PACE_DAYS = 7
PAGE = 50
_POSTINGS = NewestFirst(LedgerEntry.at, LedgerEntry.id)


@dataclass(frozen=True, slots=True)
class HeaderMoney:
    """What the header of every page shows."""

    balance: Decimal
    included: Decimal
    """What is left of this month's included amount."""
    tariff_name: str
    days_left: int | None
    """At the pace of the last seven days; None where nothing is spent."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month's money: both sums positive."""

    first_day: date
    spent: Decimal
    paid: Decimal


def header() -> HeaderMoney:
    """The entered account's figures; reads a handful of rows however long the ledger is."""
    today = local_day(now())
    balance = db.session.scalar(select(AccountBalance.balance)) or ZERO
    version = version_on(today)
    return HeaderMoney(
        balance=balance,
        included=included_left(today.replace(day=1)),
        tariff_name=version.tariff.name if version else "",
        days_left=days_left(balance, today),
    )


def days_left(balance: Decimal, today: date) -> int | None:
    """How long a balance lasts at the pace of the last `PACE_DAYS` days; None where nothing is spent."""
    amounts = db.session.scalars(
        select(LedgerDay.amount).where(
            LedgerDay.day > today - timedelta(days=PACE_DAYS), LedgerDay.kind.in_([EntryKind.CALL, EntryKind.FEE])
        )
    )
    spent = -sum(amounts, ZERO)
    if spent <= ZERO:
        return None
    return max(0, int(balance * PACE_DAYS / spent))


def ledger_page(cursor: Cursor | None, kinds: Sequence[EntryKind] = (), limit: int = PAGE) -> Page[LedgerEntry]:
    """The newest postings first."""
    rows = select(LedgerEntry)
    if kinds:
        rows = rows.where(LedgerEntry.kind.in_(kinds))
        if EntryKind.CALL not in kinds:
            rows = rows.where(NOT_A_CALL)
    found = db.session.scalars(_POSTINGS.ordered(rows, cursor).limit(limit + 1)).all()
    return _POSTINGS.page(found, cursor, limit)


def entries_of(api_call_id: str) -> Sequence[LedgerEntry]:
    """What a call cost, with the rate that made it, and what corrected that later."""
    charge = db.session.scalars(
        select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CALL, LedgerEntry.source == api_call_id)
    ).all()
    corrections = db.session.scalars(
        select(LedgerEntry).where(LedgerEntry.corrects == api_call_id).order_by(LedgerEntry.id)
    ).all()
    return [*charge, *corrections]


def months(count: int = 12) -> list[Month]:
    """The last months, the present one last; those without postings too."""
    today = local_day(now())
    firsts = [_month_before(today.replace(day=1), back) for back in reversed(range(count))]
    rows = db.session.execute(
        select(LedgerDay.day, LedgerDay.kind, LedgerDay.amount).where(LedgerDay.day >= firsts[0])
    ).all()
    spent = dict.fromkeys(firsts, ZERO)
    paid = dict.fromkeys(firsts, ZERO)
    for day, kind, amount in rows:
        month = day.replace(day=1)
        if kind == EntryKind.PAYMENT:
            paid[month] += amount
        else:
            spent[month] -= amount
    return [Month(first, spent[first], paid[first]) for first in firsts]


def _month_before(first: date, back: int) -> date:
    index = first.year * 12 + first.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)
