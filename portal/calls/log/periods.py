"""Periods that move with the days: «сегодня», «7 дней». An address has their days, a saved view may have the word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.calls.log.filters import CallFilters
from portal.kernel import clock
from portal.kernel.i18n import gettext as _

Days = tuple[date, date]
"""The first and the last day of a period, both of it."""


class Period(StrEnum):
    """Days counted from the present one, in the words of a saved view."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "7-days"
    MONTH = "30-days"


_WORD = "period"
_DAYS_AGO = {Period.TODAY: (0, 0), Period.YESTERDAY: (1, 1), Period.WEEK: (6, 0), Period.MONTH: (29, 0)}


def period_word(period: Period) -> str:
    """What people call it."""
    return {
        Period.TODAY: _("Today"),
        Period.YESTERDAY: _("Yesterday"),
        Period.WEEK: _("7 days"),
        Period.MONTH: _("30 days"),
    }[period]


def days_of(period: Period, zone: ZoneInfo) -> Days:
    """The days that it has now."""
    today = clock.now().astimezone(zone).date()
    first, last = _DAYS_AGO[period]
    return today - timedelta(days=first), today - timedelta(days=last)


def period_of(filters: CallFilters) -> Period | None:
    """The period whose days are chosen at present."""
    chosen = filters.first_day, filters.last_day
    return next((period for period in Period if days_of(period, filters.zone) == chosen), None)


def moving(filters: CallFilters) -> dict[str, str]:
    """What a view keeps whose days are to move: the word instead of the days, where there is one."""
    period, query = period_of(filters), filters.query()
    if period is None:
        return query
    return {name: value for name, value in query.items() if name not in ("from", "to")} | {_WORD: period.value}


def dated(query: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    """What a view keeps, with the days that its period has now."""
    values = dict(query)
    word = values.pop(_WORD, None)
    if word is not None:
        first, last = days_of(Period(word), zone)
        values |= {"from": str(first), "to": str(last)}
    return values
