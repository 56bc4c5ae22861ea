from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.routing.hours import Hours, SpecialDays
from portal.routing.spans import parse_spans, tidy_spans, write_spans

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = (*(parse_spans("9-13, 14-18") for _ in range(5)), (), ())


def moscow(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=MOSCOW).astimezone(UTC)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("9-18", "09:00-18:00"),
        (" 14:00 – 18:00 ,9.30—13 ", "09:30-13:00, 14:00-18:00"),
        ("9:00-18:00;", "09:00-18:00"),
        ("0-24", "00:00-24:00"),
        ("22:00-6:00", "22:00-06:00"),
        ("9-13, 13-18", "09:00-13:00, 13:00-18:00"),
        ("", ""),
    ],
)
def test_hours_are_read_as_people_write_them(written: str, kept: str) -> None:
    assert tidy_spans(written) == kept


@pytest.mark.parametrize(
    "written",
    ["nine to five", "9", "9-9", "25-26", "9:60-10", "9-13, 12-18", "22-6, 23-24", "24-6", "9-10," * 7, "9--18"],
)
def test_what_is_no_hours_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_spans(written)


MINUTES = st.integers(0, 23 * 60 + 59)


@given(st.lists(st.tuples(MINUTES, MINUTES).filter(lambda span: span[0] < span[1]), max_size=1))
def test_what_was_written_is_read_again(spans: list[tuple[int, int]]) -> None:
    assert list(parse_spans(write_spans(spans))) == spans


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (moscow(23, 8, 59), False),
        (moscow(23, 9), True),
        (moscow(23, 12, 59), True),
        (moscow(23, 13), False),
        (moscow(23, 14), True),
        (moscow(23, 18), False),
        (moscow(28, 12), False),
    ],
)
def test_a_number_is_answered_in_its_spans_of_the_accounts_zone(moment: datetime, is_open: bool) -> None:
    assert Hours(WORKDAYS).is_open(moment, MOSCOW) is is_open


def test_a_span_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday_night = Hours(((), (), (), (), parse_spans("22-6"), (), ()))

    assert friday_night.is_open(moscow(27, 23), MOSCOW)
    assert friday_night.is_open(moscow(28, 5, 59), MOSCOW)
    assert not friday_night.is_open(moscow(28, 6), MOSCOW)
    assert not friday_night.is_open(moscow(27, 5), MOSCOW)


def test_a_holiday_closes_the_day_and_its_own_number_outweighs_all() -> None:
    all_closed = SpecialDays(date(2026, 11, 23), date(2026, 11, 24), (), "holiday")
    short_day = SpecialDays(date(2026, 11, 24), date(2026, 11, 24), parse_spans("10-12"), is_of_line=True)
    hours = Hours(WORKDAYS, (all_closed, short_day))

    assert not hours.is_open(moscow(23, 10), MOSCOW)
    assert hours.is_open(moscow(24, 11), MOSCOW)
    assert not hours.is_open(moscow(24, 15), MOSCOW)
    assert hours.opens_at(moscow(23, 10), MOSCOW) == moscow(24, 10)


def test_the_next_opening_is_found_over_a_weekend_and_none_where_nothing_opens() -> None:
    assert Hours(WORKDAYS).opens_at(moscow(27, 19), MOSCOW) == moscow(30, 9)
    assert Hours(((),) * 7).opens_at(moscow(27, 19), MOSCOW) is None
    assert Hours().opens_at(moscow(27, 19), MOSCOW) is None


def test_the_clock_on_the_wall_counts_on_the_day_when_it_is_set() -> None:
    sundays = Hours(((), (), (), (), (), (), parse_spans("9-18")))
    begins = datetime(2026, 10, 25, 9, 0, tzinfo=BERLIN)  # an hour was given back in the night

    assert begins.astimezone(UTC).hour == 8
    assert sundays.is_open(begins.astimezone(UTC), BERLIN)
    assert not sundays.is_open(datetime(2026, 10, 25, 7, 30, tzinfo=UTC), BERLIN)
