"""«Выписка»: what moved in a closed month, reckoned from the ledger. No legal paper: the provider issues those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import extract, func, select

from portal.accounts.zone import billing_zone
from portal.billing.ledger import local_day
from portal.billing.models import EntryKind, LedgerDay, LedgerEntry
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.money import ZERO

_NOTHING = dict.fromkeys(EntryKind, ZERO)


@dataclass(frozen=True, slots=True)
class Statement:
    """A local month of the account's. `sums` holds what was posted of each kind: charges are negative."""

    first_day: date
    opening: Decimal
    sums: Mapping[EntryKind, Decimal]

    @property
    def number(self) -> str:
        """`2026-10`."""
        return f"{self.first_day:%Y-%m}"

    @property
    def next_first_day(self) -> date:
        """The day after the month."""
        return _month_after(self.first_day)

    @property
    def paid(self) -> Decimal:
        """What came in."""
        return self.sums[EntryKind.PAYMENT]

    @property
    def charged(self) -> Decimal:
        """What calls and fees cost, less corrections: positive as a rule."""
        return -sum((amount for kind, amount in self.sums.items() if kind != EntryKind.PAYMENT), ZERO)

    @property
    def closing(self) -> Decimal:
        """The balance at the month's end: the next month opens with it."""
        return self.opening + self.paid - self.charged


@dataclass(frozen=True, slots=True)
class RateSum:
    """The charged calls of a month that one rate priced. `amount` is positive."""

    name: str
    calls: int
    billed_seconds: int
    amount: Decimal


def closed_months() -> Sequence[Statement]:
    """Every month that is over, from the first posting on, the newest first; also those without postings."""
    today = local_day(now())
    this_month = today.replace(day=1)
    posted = _sums_by_month(this_month)
    statements: list[Statement] = []
    balance = ZERO
    for first_day in _months(min(posted, default=this_month), this_month):
        statement = Statement(first_day, balance, {**_NOTHING, **posted.get(first_day, {})})
        balance = statement.closing
        statements.append(statement)
    return statements[::-1]


def find_statement(year: int, month: int) -> Statement:
    """The statement of one month. Raises `NotFound` for one that is not over, or from before the first posting."""
    for statement in closed_months():
        if (statement.first_day.year, statement.first_day.month) == (year, month):
            return statement
    raise NotFound


def rate_sums(statement: Statement) -> Sequence[RateSum]:
    """The month's charged calls by the name of their rate, the dearest first."""
    rating = LedgerEntry.rating
    calls = (
        select(
            rating["name"].as_string().label("name"),
            rating["billed_seconds"].as_integer().label("seconds"),
            LedgerEntry.amount.label("amount"),
        )
        .where(
            LedgerEntry.kind == EntryKind.CALL,
            LedgerEntry.at >= _start(statement.first_day),
            LedgerEntry.at < _start(statement.next_first_day),
        )
        .subquery()
    )
    rows = db.session.execute(
        select(calls.c.name, func.count(), func.sum(calls.c.seconds), func.sum(calls.c.amount))
        .group_by(calls.c.name)
        .order_by(func.sum(calls.c.amount))
    )
    return [RateSum(name or "", count, int(seconds or 0), -amount) for name, count, seconds, amount in rows]


def _sums_by_month(end: date) -> dict[date, dict[EntryKind, Decimal]]:
    year, month = extract("year", LedgerDay.day), extract("month", LedgerDay.day)
    rows = db.session.execute(
        select(year, month, LedgerDay.kind, func.sum(LedgerDay.amount))
        .where(LedgerDay.day < end)
        .group_by(year, month, LedgerDay.kind)
    )
    sums: dict[date, dict[EntryKind, Decimal]] = {}
    for in_year, in_month, kind, amount in rows:
        sums.setdefault(date(int(in_year), int(in_month), 1), {})[EntryKind(kind)] = amount
    return sums


def _months(first_day: date, end: date) -> Iterator[date]:
    while first_day < end:
        yield first_day
        first_day = _month_after(first_day)


def _month_after(first_day: date) -> date:
    return date(first_day.year + first_day.month // 12, first_day.month % 12 + 1, 1)


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=billing_zone())
