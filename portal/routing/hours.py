"""Whether a public number is answered at a moment: its week, and the days that differ from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.kernel.prepared import Prepared
from portal.routing.models import HoursException, LineHours
from portal.routing.spans import DAY, Span, is_within, parse_spans, starts_of
from portal.telephony.models import Did

_LOOK_AHEAD_DAYS = 60


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """Days, both included, with hours of their own; `is_of_line` those of one number outweigh those of all."""

    first_day: date
    last_day: date
    spans: tuple[Span, ...]
    note: str = ""
    is_of_line: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of one number; `week` is None round the clock."""

    week: tuple[tuple[Span, ...], ...] | None = None
    special: tuple[SpecialDays, ...] = ()

    def is_open(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Whether the number is answered at this moment. The clock on the wall counts, also when it is set."""
        local = moment.astimezone(zone)
        return is_within(local, self._spans(local.date()), self._spans(local.date() - timedelta(days=1)))

    def special_day(self, moment: datetime, zone: ZoneInfo) -> SpecialDays | None:
        """The exception that rules this moment: that of the day before while its last hours go on past midnight."""
        local = moment.astimezone(zone)
        today, yesterday = local.date(), local.date() - timedelta(days=1)
        begun = self._spans(yesterday)
        is_last_night = is_within(local, (), begun) and not is_within(local, self._spans(today), ())
        return self._special(yesterday if is_last_night else today)

    def opens_at(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """When the number is answered again, within two months; None where it is not, or is open now."""
        if self.is_open(moment, zone):
            return None
        local = moment.astimezone(zone)
        for days in range(_LOOK_AHEAD_DAYS):
            day = local + timedelta(days=days)
            later = [start for start in starts_of(self._spans(day.date()), day) if start > local]
            if later:
                return later[0]
        return None

    @property
    def is_always_open(self) -> bool:
        """Whether it is round the clock, without any exception."""
        return self.week is None and not self.special

    def stretches(self, day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
        """From when to when it is answered (UTC), as far as it begins on this day of the zone; in order.

        The clock on the wall says when; how long that is, on a night on which it is set, only UTC can tell.
        """

        def at(minute: int) -> datetime:
            return (datetime.combine(day, time(), zone) + timedelta(minutes=minute)).astimezone(UTC)

        return [(at(start), at(end if end > start else end + DAY)) for start, end in self._spans(day)]

    def _special(self, day: date) -> SpecialDays | None:
        found = [each for each in self.special if each.first_day <= day <= each.last_day]
        return max(found, key=lambda each: (each.is_of_line, each.first_day), default=None)

    def _spans(self, day: date) -> Sequence[Span]:
        special = self._special(day)
        if special is not None:
            return special.spans
        return ((0, 24 * 60),) if self.week is None else self.week[day.weekday()]


def hours_of(did: str) -> Hours:
    """The hours of a public number of the entered account; round the clock for one that is not the account's."""
    return all_hours().get(did) or Hours()


def all_hours() -> dict[str, Hours]:
    """The hours of each public number of the entered account."""
    days = _SPECIAL_DAYS.all()
    return {
        number: Hours(
            None if week is None else tuple(parse_spans(day) for day in week),
            tuple(each for of_did, each in days if of_did in (did_id, None)),
        )
        for did_id, number, week in _WEEKS.all()
    }


# Built once: each call that was missed asks when it is due.
_WEEKS = Prepared(select(Did.id, Did.number, LineHours.week).outerjoin(LineHours, LineHours.did_id == Did.id))
_SPECIAL_DAYS = Prepared(
    select(
        HoursException.did_id, HoursException.first_day, HoursException.last_day, HoursException.spans,
        HoursException.note,
    ).where(HoursException.removed_at.is_(None)),
    lambda did_id, first, last, spans, note: (
        did_id, SpecialDays(first, last, parse_spans(spans), note, did_id is not None),
    ),
)  # fmt: skip
