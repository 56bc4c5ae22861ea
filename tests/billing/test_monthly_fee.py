"""The monthly fee is posted once for each month, by the tariff of its first day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.billing.models import EntryKind, LedgerEntry
from portal.billing.regular.fees import run
from portal.kernel.db import transaction
from tests.billing.prices import give, make_tariff, publish
from tests.people import Cast

NIGHT = datetime(2026, 10, 31, 21, 30, tzinfo=UTC)
"""Half past midnight on 1 November in Moscow, where North is."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """The first night of November."""
    with time_machine.travel(NIGHT, tick=False) as clock:
        yield clock


def fees(app: Flask, account_id: int) -> list[tuple[str, Decimal]]:
    with app.app_context():
        run(app)
    with app.app_context(), transaction(account_id, writes=False) as session:
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == EntryKind.FEE).order_by(LedgerEntry.id))
        return [(entry.source, entry.amount) for entry in rows]


def test_it_is_posted_once_however_often_one_looks(app: Flask, cast: Cast) -> None:
    give(app, cast.north, make_tariff(app, [], fee="300"))

    assert fees(app, cast.north) == fees(app, cast.north) == [("2026-11", Decimal(-300))]
    assert fees(app, cast.south) == []


def test_the_month_begins_where_the_account_is(app: Flask, cast: Cast, clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2026, 10, 31, 20, 30, tzinfo=UTC))
    give(app, cast.north, make_tariff(app, [], fee="300"))

    assert fees(app, cast.north) == [("2026-10", Decimal(-300))]
    clock.move_to(NIGHT)
    assert [month for month, _ in fees(app, cast.north)] == ["2026-10", "2026-11"]


def test_a_month_begun_in_the_middle_costs_the_days_that_are_left(app: Flask, cast: Cast) -> None:
    give(app, cast.north, make_tariff(app, [], fee="100"), date(2026, 11, 21))
    assert fees(app, cast.north) == [("2026-11", Decimal("-33.33"))]


def test_a_change_within_the_month_shows_in_the_next(app: Flask, cast: Cast, clock: time_machine.Traveller) -> None:
    first = make_tariff(app, [], fee="300")
    give(app, cast.north, first)
    give(app, cast.north, make_tariff(app, [], name="Other", fee="500"), date(2026, 11, 15))
    publish(app, first, [], date(2026, 11, 1), fee="310")
    assert fees(app, cast.north) == [("2026-11", Decimal(-310))]

    clock.move_to(datetime(2026, 12, 5, tzinfo=UTC))
    assert fees(app, cast.north)[1:] == [("2026-12", Decimal(-500))]


def test_months_that_were_missed_are_posted_later(app: Flask, cast: Cast, clock: time_machine.Traveller) -> None:
    give(app, cast.north, make_tariff(app, [], fee="300"))
    fees(app, cast.north)

    clock.move_to(datetime(2027, 2, 3, tzinfo=UTC))
    assert [month for month, _ in fees(app, cast.north)] == ["2026-11", "2026-12", "2027-01", "2027-02"]
