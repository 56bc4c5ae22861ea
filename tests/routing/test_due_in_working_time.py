"""A missed call is due after so many working minutes, by the hours of the account's numbers."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from portal.followups.due import due_at
from portal.kernel.db import transaction
from portal.routing.hours import Hours, SpecialDays
from portal.routing.opening_hours import set_week
from portal.routing.spans import parse_spans
from portal.routing.working_time import working_later
from portal.telephony.lines import add_did
from tests.people import Cast

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours(tuple(parse_spans(day) for day in ["9-13, 14-18"] * 5 + ["", ""]))
NIGHT = Hours(tuple(parse_spans(day) for day in ["22-6"] * 7))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in Moscow; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("hours", "missed", "minutes", "due"),
    [
        ([], at(23, 3), 30, at(23, 3, 30)),
        ([Hours()], at(28, 3), 30, at(28, 3, 30)),
        ([OFFICE, Hours()], at(28, 3), 30, at(28, 3, 30)),
        ([OFFICE], at(23, 10), 30, at(23, 10, 30)),
        ([OFFICE], at(23, 12, 50), 30, at(23, 14, 20)),
        ([OFFICE], at(23, 17, 50), 30, at(24, 9, 20)),
        ([OFFICE], at(27, 17, 50), 30, at(30, 9, 20)),
        ([OFFICE], at(28, 12), 60, at(30, 10)),
        ([OFFICE], at(23, 9), 480, at(23, 18)),
        ([OFFICE], at(23, 9), 481, at(24, 9, 1)),
        ([NIGHT], at(23, 5, 50), 30, at(23, 22, 20)),
        ([OFFICE, NIGHT], at(23, 17, 50), 30, at(23, 22, 20)),
    ],
)
def test_minutes_count_while_a_number_is_answered(
    hours: list[Hours], missed: datetime, minutes: int, due: datetime
) -> None:
    assert working_later(hours, MOSCOW, missed.astimezone(UTC), minutes) == due


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (datetime(2026, 10, 24, 12, tzinfo=BERLIN), datetime(2026, 10, 25, 4, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, tzinfo=BERLIN), datetime(2026, 3, 29, 21, 0, tzinfo=UTC)),
    ],
    ids=["a night of nine hours", "a night of seven hours"],
)
def test_the_night_in_which_the_clock_is_set_has_as_many_minutes_as_it_has(day: datetime, due: datetime) -> None:
    """Eight hours from 22:00 on; where the night has seven, the eighth is that of the next evening."""
    assert working_later([NIGHT], BERLIN, day.astimezone(UTC), 480) == due


def test_a_holiday_does_not_count() -> None:
    day = at(24, 0).date()
    closed = Hours(OFFICE.week, (SpecialDays(day, day, ()),))

    assert working_later([closed], MOSCOW, at(23, 17, 50), 30) == at(25, 9, 20)


def test_whoever_never_works_is_due_by_the_clock() -> None:
    never = Hours(tuple(() for _day in range(7)))

    assert working_later([never], MOSCOW, at(23, 12), 30) == at(23, 12, 30)


def test_the_pages_due_time_follows_the_hours_that_are_set(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north):
        set_week(add_did("74951234567").id, ["9-18"] * 5 + ["", ""])
    with app.app_context(), transaction(cast.north, writes=False):
        assert due_at(at(27, 17, 50), 30) == at(30, 9, 20)
    with app.app_context(), transaction(cast.south, writes=False):
        assert due_at(at(27, 17, 50), 30) == at(27, 17, 50) + timedelta(minutes=30)
