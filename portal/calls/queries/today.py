"""The figures of today, and of the same day a week ago until this hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from portal.calls.models import CallRecord
from portal.kernel import clock
from portal.kernel.db import db
from portal.telephony.engine import CallOutcome

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DayFigures:
    """How many calls began on a day, and what came of them so far. `missed` counts the outcome of that name."""

    calls: int
    answered: int
    missed: int


@dataclass(frozen=True, slots=True)
class TodayFigures:
    """Today until now, and the same weekday of last week until the same hour of the wall clock."""

    day: date
    now: DayFigures
    week_ago: DayFigures


def today(zone: ZoneInfo) -> TodayFigures:
    """The figures of the day that people in `zone` have now. Reads the calls of two days, no more."""
    moment = clock.now().astimezone(zone)
    return TodayFigures(day=moment.date(), now=_figures(moment, zone), week_ago=_figures(moment - _WEEK, zone))


def _figures(until: datetime, zone: ZoneInfo) -> DayFigures:
    calls, answered, missed = db.session.execute(
        select(
            func.count(CallRecord.id),
            func.count(CallRecord.id).filter(CallRecord.outcome == CallOutcome.ANSWERED),
            func.count(CallRecord.id).filter(CallRecord.outcome == CallOutcome.MISSED),
        ).where(CallRecord.started_at >= clock.start_of_day(until, zone), CallRecord.started_at <= until)
    ).one()
    return DayFigures(calls, answered, missed)
