"""Each month that is over has a statement: what it opened with, what moved, what it closed with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.billing.ledger import post
from portal.billing.models import EntryKind
from portal.billing.statements import RateSum, Statement, closed_months, find_statement, rate_sums
from portal.billing.statistics import month_sums, read_span
from portal.kernel.db import transaction
from portal.kernel.money import ZERO
from tests.billing.test_ledger import new_account
from tests.browser import Browser
from tests.people import Cast

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = st.integers(0, 400)
POSTINGS = st.lists(st.tuples(st.sampled_from(EntryKind), DAYS, st.decimals(-999, 999, places=4)), max_size=20)


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def put(
    app: Flask, account_id: int, kind: EntryKind, at: datetime, amount: str, rating: dict[str, Any] | None = None
) -> None:
    with app.app_context(), transaction(account_id):
        post(kind, f"{kind}-{at.isoformat()}-{amount}", Decimal(amount), at=at, rating=rating)


def months(app: Flask, account_id: int) -> list[Statement]:
    with app.app_context(), transaction(account_id, writes=False):
        return list(closed_months())


def test_before_the_first_month_is_over_there_is_none(app: Flask, cast: Cast, anna: Browser) -> None:
    put(app, cast.north, EntryKind.PAYMENT, NOON, "100")

    assert months(app, cast.north) == []
    assert "empty--nothing" in anna.get("/documents").get_data(as_text=True)
    assert anna.get("/documents/2026/11").status_code == 404


def test_a_month_opens_with_what_the_one_before_closed_with(app: Flask, cast: Cast) -> None:
    put(app, cast.north, EntryKind.PAYMENT, datetime(2026, 8, 5, tzinfo=UTC), "100")
    put(app, cast.north, EntryKind.CALL, datetime(2026, 8, 6, tzinfo=UTC), "-1.20")
    put(app, cast.north, EntryKind.FEE, datetime(2026, 10, 1, tzinfo=UTC), "-30")
    put(app, cast.north, EntryKind.CORRECTION, datetime(2026, 10, 2, tzinfo=UTC), "0.20")
    put(app, cast.north, EntryKind.CALL, NOON, "-5")

    october, september, august = months(app, cast.north)

    assert (august.number, august.opening, august.paid, august.charged) == (
        "2026-08",
        ZERO,
        Decimal(100),
        Decimal("1.20"),
    )
    assert (september.number, september.opening, september.closing) == ("2026-09", Decimal("98.80"), Decimal("98.80"))
    assert (october.opening, october.charged, october.closing) == (Decimal("98.80"), Decimal("29.80"), Decimal(69))


def test_a_month_is_the_accounts_own_and_not_greenwichs(app: Flask, cast: Cast) -> None:
    rating = {"name": "Mobile", "billed_seconds": 60}
    put(app, cast.north, EntryKind.CALL, datetime(2026, 9, 30, 20, 59, tzinfo=UTC), "-1", rating)
    put(app, cast.north, EntryKind.CALL, datetime(2026, 9, 30, 21, 0, tzinfo=UTC), "-2", rating)

    october, september = months(app, cast.north)

    assert (september.charged, october.charged) == (Decimal(1), Decimal(2))
    with app.app_context(), transaction(cast.north, writes=False):
        assert [sum_.amount for sum_ in rate_sums(september)] == [1]
        assert [sum_.amount for sum_ in rate_sums(october)] == [2]


def test_calls_are_summed_by_the_rate_that_priced_them(app: Flask, cast: Cast) -> None:
    start = datetime(2026, 10, 3, tzinfo=UTC)
    for number, (name, seconds, amount) in enumerate(
        [("Mobile", 60, "-1.80"), ("Mobile", 120, "-3.60"), ("Moscow", 60, "-1.20")]
    ):
        rating = {"name": name, "billed_seconds": seconds}
        put(app, cast.north, EntryKind.CALL, start + timedelta(hours=number), amount, rating)
    put(app, cast.north, EntryKind.CALL, start + timedelta(days=1), "-0.10")

    with app.app_context(), transaction(cast.north, writes=False):
        sums = rate_sums(find_statement(2026, 10))

    assert list(sums) == [
        RateSum("Mobile", 2, 180, Decimal("5.40")),
        RateSum("Moscow", 1, 60, Decimal("1.20")),
        RateSum("", 1, 0, Decimal("0.10")),
    ]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(POSTINGS)
def test_the_last_statement_and_this_month_make_the_balance(
    app: Flask, postings: list[tuple[EntryKind, int, Decimal]]
) -> None:
    account_id = new_account(app)
    with app.app_context(), transaction(account_id):
        for number, (kind, days, amount) in enumerate(postings):
            post(kind, str(number), amount, at=NOON - timedelta(days=days))

    statements = months(app, account_id)

    with app.app_context(), transaction(account_id, writes=False):
        this_month = month_sums(read_span({})[0])[-1]
    closing = statements[0].closing if statements else Decimal(0)
    assert closing + this_month.paid - this_month.spent == sum((amount for _, _, amount in postings), Decimal(0))
    for later, earlier in pairwise(statements):
        assert later.opening == earlier.closing
        assert earlier.next_first_day == later.first_day


def test_the_page_shows_the_month_and_says_what_it_is_not(app: Flask, cast: Cast, boris: Browser) -> None:
    put(app, cast.north, EntryKind.PAYMENT, datetime(2026, 10, 5, tzinfo=UTC), "1733.98")

    assert 'href="/documents/2026/10"' in boris.get("/documents").get_data(as_text=True)
    page = boris.get("/documents/2026/10").get_data(as_text=True)
    assert "2026-10" in page
    assert "North" in page
    assert "1\N{NO-BREAK SPACE}733,98" in page


@pytest.mark.parametrize("month", ["2026/11", "2026/9", "2026/13", "2026/0", "0/1", "99999999999/1"])
def test_no_other_month_has_a_statement(app: Flask, cast: Cast, anna: Browser, month: str) -> None:
    put(app, cast.north, EntryKind.PAYMENT, datetime(2026, 10, 5, tzinfo=UTC), "10")

    assert anna.get(f"/documents/{month}").status_code == 404


def test_the_stranger_has_no_statement(app: Flask, cast: Cast, clara: Browser, olga: Browser) -> None:
    put(app, cast.north, EntryKind.PAYMENT, datetime(2026, 10, 5, tzinfo=UTC), "10")

    assert clara.get("/documents/2026/10").status_code == 404
    assert "2026/10" not in clara.get("/documents").get_data(as_text=True)
    assert olga.get("/documents").status_code == 403
