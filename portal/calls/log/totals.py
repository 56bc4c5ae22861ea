"""What a choice of calls comes to: from the totals that are kept, or by looking at so many calls at most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, extract, false, func, or_, select, type_coerce

from portal.calls.log import choice, looks
from portal.calls.log.filters import CallFilters
from portal.calls.log.models import CallClass, CallTotal, Grain
from portal.calls.models import CallRecord
from portal.kernel.db import db, is_sqlite
from portal.kernel.money import ZERO
from portal.telephony.engine import CallKind, CallOutcome

MOST_COUNTED = 10_000
"""Calls that are counted one by one; of more it is said that there are more."""
_DAY = timedelta(days=1)
_MOST_DAYS = 62 * _DAY
_LONG = 120 * _DAY
"""Where a month begins so much after another, their calls are more than `_MOST_DAYS` apart, whenever they began."""
_EVER = date(1970, 1, 1), date(2999, 12, 31)
_COUNTED: tuple[Any, ...] = (
    CallRecord.started_at,
    CallRecord.kind,
    CallRecord.outcome,
    CallRecord.caller_wait_seconds,
    CallRecord.callee_wait_seconds,
    CallRecord.talk_seconds,
    CallRecord.price,
)
_HOUR = timedelta(hours=1)


def _calls_that_are(outcome: CallOutcome) -> ColumnElement[int]:
    return func.sum(case((CallTotal.outcome == outcome.value, CallTotal.calls), else_=0))


_SUMS_BY_DAY = select(
    CallTotal.first_day,
    func.sum(CallTotal.calls),
    _calls_that_are(CallOutcome.ANSWERED),
    _calls_that_are(CallOutcome.MISSED),
    func.sum(CallTotal.waits),
    func.sum(CallTotal.waited_seconds),
    func.sum(CallTotal.talk_seconds),
    func.sum(CallTotal.cost),
).group_by(CallTotal.first_day)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of some calls. `missed` are those of this outcome; `waits` the calls whose wait is known."""

    calls: int = 0
    answered: int = 0
    missed: int = 0
    waits: int = 0
    waited_seconds: int = 0
    talk_seconds: int = 0
    cost: Decimal = ZERO

    @property
    def average_wait(self) -> int | None:
        """Whole seconds; None where no wait is known."""
        return round(self.waited_seconds / self.waits) if self.waits else None

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.calls + other.calls,
            self.answered + other.answered,
            self.missed + other.missed,
            self.waits + other.waits,
            self.waited_seconds + other.waited_seconds,
            self.talk_seconds + other.talk_seconds,
            self.cost + other.cost,
        )


@dataclass(frozen=True, slots=True)
class Column:
    """One period of the chart: an hour (`first_day` and `hour`), a day, or a month; `last_day` belongs to it."""

    first_day: date
    last_day: date
    sums: Sums
    hour: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Day:
    date: date
    since: datetime
    until: datetime
    """The moments at which it begins and is over."""


@dataclass(frozen=True, slots=True)
class LogTotals:
    """What a choice comes to. `is_more`: the sums are of its newest calls, and there are or may be more."""

    sums: Sums
    columns: list[Column] = field(default_factory=list)
    is_more: bool = False


def kept_totals(filters: CallFilters) -> LogTotals | None:
    """From the totals by day and month; None for a choice that they do not know (`choice.needs_each_call`)."""
    if choice.needs_each_call(filters):
        return None
    day = _only_day(filters)
    if day is not None:
        known = dict(_kept(filters, (Grain.DAY, day.date, day.date)))
        return LogTotals(known.get(day.date, Sums()), _by_hour(_hours(filters, day), day))
    columns = _columns(filters)
    return LogTotals(sum((column.sums for column in columns), Sums()), columns)


def counted_totals(filters: CallFilters) -> LogTotals:
    """By looking at each call of the choice, at `MOST_COUNTED` of them at most."""
    by_hour: dict[int, Sums] = defaultdict(Sums)
    by_day: dict[date, Sums] = defaultdict(Sums)
    day, is_more, left = _only_day(filters), False, MOST_COUNTED
    facts: Select[Any] = select(*_COUNTED)
    for looked in looks.over(facts, filters, None, MOST_COUNTED + 1):
        is_more = looked.left is not None or len(looked.rows) > left
        for began, kind, outcome, a_waited, b_waited, talk, price in looked.rows[:left]:
            waited = a_waited if kind == CallKind.INCOMING else b_waited
            sums = _sums_of(outcome, waited, talk, price)
            if day is None:
                by_day[began.astimezone(filters.zone).date()] += sums
            else:
                by_hour[(began - day.since) // _HOUR] += sums
        left -= len(looked.rows)
        if left <= 0:
            break
    columns = _by_day_or_month(_with_ends(by_day, filters, is_more)) if day is None else _by_hour(by_hour, day)
    return LogTotals(sum((column.sums for column in columns), Sums()), columns, is_more)


def _sums_of(outcome: str | None, waited: int | None, talk: int | None, price: Decimal | None) -> Sums:
    answered, missed = outcome == CallOutcome.ANSWERED, outcome == CallOutcome.MISSED
    return Sums(1, int(answered), int(missed), int(waited is not None), waited or 0, talk or 0, price or ZERO)


def _reach(filters: CallFilters) -> tuple[date, date] | None:
    """The days that the choice spans, as far as there are calls; None where there is none at all."""
    days = select(CallTotal.first_day).where(CallTotal.grain == Grain.DAY).limit(1)
    ends = (CallTotal.first_day, CallTotal.first_day.desc())
    oldest, newest = tuple(db.session.execute(select(*(days.order_by(end).scalar_subquery() for end in ends))).one())
    if oldest is None or newest is None:
        return None
    return max(oldest, filters.first_day or oldest), min(newest, filters.last_day or newest)


def _columns(filters: CallFilters) -> list[Column]:
    """By day or by month. What chooses no period is mostly told by the totals of months alone."""
    is_whole = filters.first_day is None and filters.last_day is None
    months = dict(_kept(filters, (Grain.MONTH, *_EVER))) if is_whole else {}
    if months and max(months) - min(months) >= _LONG:
        return _by_month(months, min(months), _next_month(max(months)) - _DAY)
    reach = _reach(filters)
    if reach is None:
        return []
    if reach[1] - reach[0] < _MOST_DAYS:
        return _by_day(dict(_kept(filters, (Grain.DAY, *reach))), *reach)
    return _by_month(months if is_whole else _months(filters, *reach), *reach)


def _with_ends(days: dict[date, Sums], filters: CallFilters, is_more: bool) -> dict[date, Sums]:  # noqa: FBT001
    """With both ends of a chosen period, also where no call of the choice fell on them."""
    reach = _reach(filters) if days and (filters.first_day or filters.last_day) else None
    if reach is not None:
        first, last = reach
        # What is more than was counted lies before the first day counted: that is then no empty one.
        ends = [last] if is_more or filters.first_day is None else [first, last]
        days = {end: Sums() for end in ends} | days
    return days


def _by_day_or_month(days: Mapping[date, Sums]) -> list[Column]:
    if not days:
        return []
    first, last = min(days), max(days)
    if last - first < _MOST_DAYS:
        return _by_day(days, first, last)
    months: dict[date, Sums] = defaultdict(Sums)
    for day, sums in days.items():
        months[day.replace(day=1)] += sums
    return _by_month(months, first, last)


def _by_day(known: Mapping[date, Sums], first: date, last: date) -> list[Column]:
    count = (last - first).days + 1
    days = [first + timedelta(days=number) for number in range(max(count, 0))]
    return [Column(day, day, known.get(day, Sums())) for day in days]


def _months(filters: CallFilters, first: date, last: date) -> dict[date, Sums]:
    """Whole months from their own totals, those at both ends by day."""
    begin = first if first.day == 1 else _next_month(first)
    end = _next_month(last) - _DAY
    end = end if end == last else last.replace(day=1) - _DAY
    months: dict[date, Sums] = {}
    before, after = begin - _DAY, end + _DAY
    spans = (Grain.DAY, first, before), (Grain.MONTH, begin, end), (Grain.DAY, after, last)
    for day, sums in _kept(filters, *spans):
        month = day.replace(day=1)
        months[month] = months.get(month, Sums()) + sums
    return months


def _by_month(months: Mapping[date, Sums], first: date, last: date) -> list[Column]:
    """A column for each month between these days; the first and the last one end with them."""
    columns, month = [], first.replace(day=1)
    while month <= last:
        following = _next_month(month)
        columns.append(Column(max(month, first), min(last, following - _DAY), months.get(month, Sums())))
        month = following
    return columns


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _kept(filters: CallFilters, *spans: tuple[Grain, date, date]) -> Iterator[tuple[date, Sums]]:
    """The totals of these days and months, of which no two begin on the same day."""
    wanted = (
        and_(CallTotal.grain == grain, CallTotal.first_day >= first, CallTotal.first_day <= last)
        for grain, first, last in spans
        if first <= last
    )
    rows = db.session.execute(_SUMS_BY_DAY.where(or_(false(), *wanted), *choice.facts(filters, CallTotal)))
    for day, calls, answered, missed, waits, waited, talk, cost in rows:
        yield day, Sums(int(calls), int(answered), int(missed), int(waits), int(waited), int(talk), cost)


def _only_day(filters: CallFilters) -> _Day | None:
    """The day, where one is chosen."""
    since, until, day = filters.since, filters.until, filters.first_day
    return _Day(day, since, until) if since and until and day and day == filters.last_day else None


def _by_hour(hours: Mapping[int, Sums], day: _Day) -> list[Column]:
    count = round((day.until - day.since) / _HOUR)
    return [Column(day.date, day.date, hours.get(n, Sums()), day.since + n * _HOUR) for n in range(count)]


def _hours(filters: CallFilters, day: _Day) -> dict[int, Sums]:
    """Calls by hour, from an index alone: a day has so few that no sums are kept for its hours."""
    began = _hour_of(day.since)
    # Picked before the calls: of a day without statistics PostgreSQL expects one call, and would go through all classes
    # for each of them.
    classes = (
        select(CallClass.id, CallClass.outcome)
        .where(*choice.facts(filters, CallClass))
        .cte("classes")
        .prefix_with("materialized")
    )
    rows: Select[Any] = (
        select(began, classes.c.outcome, func.count())
        .select_from(CallRecord)
        .join(classes, classes.c.id == CallRecord.class_id)
        .where(CallRecord.started_at >= day.since, CallRecord.started_at < day.until)
        .group_by(began, classes.c.outcome)
    )
    hours: dict[int, Sums] = defaultdict(Sums)
    for hour, outcome, count in db.session.execute(rows):
        answered, missed = (count if outcome == each else 0 for each in (CallOutcome.ANSWERED, CallOutcome.MISSED))
        hours[int(hour)] += Sums(count, answered, missed)
    return hours


def _hour_of(since: datetime) -> ColumnElement[int]:
    """Which hour after `since` a call began in."""
    if is_sqlite():
        micro = type_coerce(CallRecord.started_at, BigInteger) - int(since.timestamp()) * 1_000_000
        return micro // 3_600_000_000
    return func.floor(extract("epoch", CallRecord.started_at - since) / 3600)
