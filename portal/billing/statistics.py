"""«Статистика платежей»: what came in and what was spent by month, direction, line and SIP account.

Read from sums that are kept by day and month, however many calls there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import extract, func, select

from portal.billing.ledger import local_day
from portal.billing.models import EntryKind, LedgerDay
from portal.billing.plans import next_month
from portal.calls.log.models import CallTotal, Grain
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO

MOST_MONTHS = 60
USUAL_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months, by their first days, both included."""

    first: date
    last: date

    @property
    def months(self) -> list[date]:
        """Each of them."""
        months = [self.first]
        while months[-1] < self.last:
            months.append(next_month(months[-1]))
        return months

    def query(self) -> dict[str, str]:
        """As it stands in an address."""
        return {"from": f"{self.first:%Y-%m}", "to": f"{self.last:%Y-%m}"}


class Dimension(StrEnum):
    """What calls are told apart by."""

    DIRECTION = "direction"
    LINE = "line"
    SIP = "sip"


_COLUMNS = {Dimension.DIRECTION: CallTotal.kind, Dimension.LINE: CallTotal.did, Dimension.SIP: CallTotal.sip}


@dataclass(frozen=True, slots=True)
class MonthSums:
    """One month by the ledger. What was spent is positive."""

    first_day: date
    amounts: Mapping[EntryKind, Decimal] = field(default_factory=dict)
    included: Decimal = ZERO
    """What calls cost besides, and the included amount covered."""

    @property
    def paid(self) -> Decimal:
        """What came in."""
        return self.amounts.get(EntryKind.PAYMENT, ZERO)

    @property
    def calls(self) -> Decimal:
        """What calls took from the balance."""
        return -self.amounts.get(EntryKind.CALL, ZERO)

    @property
    def fees(self) -> Decimal:
        """Monthly fees."""
        return -self.amounts.get(EntryKind.FEE, ZERO)

    @property
    def corrections(self) -> Decimal:
        """As they are: what was given back is positive."""
        return self.amounts.get(EntryKind.CORRECTION, ZERO)

    @property
    def spent(self) -> Decimal:
        """Calls and fees, less what was given back."""
        return self.calls + self.fees - self.corrections


@dataclass(frozen=True, slots=True)
class Share:
    """Calls of one direction, line or SIP account; `name` is "" for those that have none."""

    name: str
    calls: int
    talk_seconds: int
    cost: Decimal


def read_span(query: Mapping[str, str]) -> tuple[Span, list[str]]:
    """The months that an address names (`2026-10`); the last twelve where it names none."""
    notes: list[str] = []
    present = local_day(now()).replace(day=1)
    first, last = _month(query.get("from", ""), notes), _month(query.get("to", ""), notes)
    last = min(last or present, present)
    first = first or _back(last, USUAL_MONTHS - 1)
    if first > last:
        notes.append(_("The first month lies after the last, so the last year is shown."))
        first, last = _back(present, USUAL_MONTHS - 1), present
    if first < _back(last, MOST_MONTHS - 1):
        notes.append(_("At most %(most)s months are shown at a time.", most=MOST_MONTHS))
        first = _back(last, MOST_MONTHS - 1)
    return Span(first, last), notes


def month_choices(span: Span) -> list[date]:
    """The months that a page offers, the newest first: as many as it shows at most, and the two that are chosen."""
    present = local_day(now()).replace(day=1)
    recent = {_back(present, count) for count in range(MOST_MONTHS)}
    return sorted(recent | {span.first, span.last}, reverse=True)


def month_sums(span: Span) -> list[MonthSums]:
    """Each month of the span, also those without postings."""
    year, month = extract("year", LedgerDay.day), extract("month", LedgerDay.day)
    rows = db.session.execute(
        select(year, month, LedgerDay.kind, func.sum(LedgerDay.amount), func.sum(LedgerDay.included))
        .where(LedgerDay.day >= span.first, LedgerDay.day < next_month(span.last))
        .group_by(year, month, LedgerDay.kind)
    )
    amounts: dict[date, dict[EntryKind, Decimal]] = {first: {} for first in span.months}
    included = dict.fromkeys(span.months, ZERO)
    for in_year, in_month, kind, amount, covered in rows:
        first = date(int(in_year), int(in_month), 1)
        amounts[first][EntryKind(kind)] = amount
        included[first] += covered
    return [MonthSums(first, amounts[first], included[first]) for first in span.months]


def shares(span: Span, by: Dimension) -> Sequence[Share]:
    """Calls that began in these months, the dearest first; what they cost with what the included amount covered."""
    column = _COLUMNS[by]
    cost = func.sum(CallTotal.cost)
    rows = db.session.execute(
        select(column, func.sum(CallTotal.calls), func.sum(CallTotal.talk_seconds), cost)
        .where(CallTotal.grain == Grain.MONTH, CallTotal.first_day >= span.first, CallTotal.first_day <= span.last)
        .group_by(column)
        .order_by(cost.desc(), column)
    )
    return [Share(name, int(calls), int(talk), cost) for name, calls, talk, cost in rows if calls]


def _month(text: str, notes: list[str]) -> date | None:
    if not text:
        return None
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        month = date.min
    if not 2000 <= month.year < 2100:
        notes.append(_("A month that does not exist was left out."))
        return None
    return month


def _back(first: date, count: int) -> date:
    index = first.year * 12 + first.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)
