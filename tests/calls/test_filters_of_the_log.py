"""What an address of the log means; what means nothing is left out with a note."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from portal.calls.log.filters import CallFilters, Direction, read_filters
from portal.kernel.textsearch import address_needle, needle, search_text
from portal.telephony.engine import CallOutcome

MOSCOW = ZoneInfo("Europe/Moscow")


def read(app: Flask, **query: str) -> tuple[CallFilters, list[str]]:
    with app.test_request_context():
        return read_filters(query, MOSCOW)


def test_every_name_of_the_contract_is_understood(app: Flask) -> None:
    query = {
        "q": "903",
        "from": "2026-11-01",
        "to": "2026-11-23",
        "direction": "in",
        "outcome": "answered",
        "line": "74951234567",
        "sip": "SIP/00000000672",
        "record": "yes",
    }

    filters, notes = read(app, **query)

    assert not notes
    assert (filters.direction, filters.outcome, filters.has_record) == (Direction.IN, CallOutcome.ANSWERED, True)
    assert filters.query() == query


def test_who_looks_for_the_missed_calls_of_an_employee_is_told_where_to_look(app: Flask) -> None:
    filters, notes = read(app, sip="SIP/00000000672", outcome="missed")

    assert (filters.sip, filters.outcome) == ("SIP/00000000672", CallOutcome.MISSED)
    assert len(notes) == 1
    assert not read(app, sip="SIP/00000000672", outcome="busy")[1]
    assert not read(app, outcome="missed")[1]


def test_days_are_those_of_the_accounts_zone_and_both_ends_belong_to_the_period(app: Flask) -> None:
    filters, _ = read(app, **{"from": "2026-11-23", "to": "2026-11-23"})

    assert filters.since == datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    assert filters.until == datetime(2026, 11, 23, 21, 0, tzinfo=UTC)


def test_a_day_on_which_clocks_change_is_as_long_as_it_is() -> None:
    berlin = CallFilters(ZoneInfo("Europe/Berlin"), first_day=date(2026, 10, 25), last_day=date(2026, 10, 25))

    assert berlin.since is not None
    assert berlin.until is not None
    assert (berlin.until - berlin.since).total_seconds() == 25 * 3600


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "yesterday"),
        ("to", "2026-13-01"),
        ("from", "0001-01-01"),
        ("to", "9999-12-31"),
        ("direction", "sideways"),
        ("outcome", "good"),
        ("line", "reception"),
        ("sip", "672; drop table"),
        ("record", "maybe"),
        ("q", "()"),
    ],
)
def test_nonsense_is_left_out_with_a_note(app: Flask, name: str, value: str) -> None:
    filters, notes = read(app, **{name: value})

    assert filters.query() == {}
    assert len(notes) == 1


def test_a_period_that_ends_before_it_begins_is_left_out(app: Flask) -> None:
    filters, notes = read(app, **{"from": "2026-11-23", "to": "2026-11-01", "direction": "out"})

    assert filters.query() == {"direction": "out"}
    assert len(notes) == 1


@pytest.mark.parametrize(
    "written",
    [
        "79039998877",
        "+7 903 999-88-77",
        "8 (903) 999-88-77",
        "8 (903)",
        "+7903",
        "903-999",
        "  9039998 ",
        "Ivan",
        "PETROV",
    ],
)
def test_a_call_is_found_by_any_part_however_it_is_written(written: str) -> None:
    text = search_text(["79039998877", "SIP/00000000672"], ["Ivan Petrov", None])

    sought = needle(written)

    assert sought is not None
    assert sought in text


def test_a_part_is_not_found_across_two_numbers() -> None:
    assert "12" not in search_text(["7901", "2903"], [])


def test_an_address_is_found_whole_and_not_as_a_name() -> None:
    assert address_needle("SIP/672") in search_text(["SIP/672"], [])
    assert address_needle("SIP/672") not in search_text(["SIP/6721"], ["SIP/672"])
    assert address_needle("SIP/672") not in search_text(["79031234567"], ["|SIP/672|"])
