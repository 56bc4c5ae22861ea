"""The price of a call follows the price list: longest prefix, unit, rounding, free start."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.billing.rating import Price, RateTable, price_of


@dataclass
class Rate:
    """A line of a price list."""

    prefix: str
    price: Decimal
    kind: str = "outgoing"
    name: str = "rate"
    unit_seconds: int = 60
    step_seconds: int = 60
    free_seconds: int = 0


RATES = [
    Rate("", Decimal("14.50")),
    Rate("7", Decimal("1.80")),
    Rate("7495", Decimal("1.20")),
    Rate("883", Decimal("0.0333"), unit_seconds=1, step_seconds=1),
    Rate("", Decimal("0.60"), kind="incoming", step_seconds=1, free_seconds=5),
]


TABLE = RateTable(RATES)


def reckon(number: str, seconds: int, kind: str = "outgoing") -> Price:
    return price_of(TABLE.find(kind, number), seconds)


def price(number: str, seconds: int, kind: str = "outgoing") -> Decimal:
    return reckon(number, seconds, kind).amount


@pytest.mark.parametrize(
    ("number", "seconds", "amount"),
    [
        ("74951234567", 60, "1.20"),
        ("74951234567", 61, "2.40"),
        ("78121234567", 1, "1.80"),
        ("442079460000", 120, "29.00"),
        ("74951234567", 0, "0"),
    ],
)
def test_the_longest_prefix_wins_and_a_begun_minute_counts(number: str, seconds: int, amount: str) -> None:
    assert price(number, seconds) == Decimal(amount)


def test_a_rate_by_the_second_is_rounded_once_at_the_end() -> None:
    assert price("88312345", 1) == Decimal("0.03")
    assert price("88312345", 61) == Decimal("2.03")
    assert price("88312345", 600) == Decimal("19.98")


def test_the_free_start_costs_nothing_and_what_is_longer_costs_whole() -> None:
    assert price("79030000000", 5, "incoming") == 0
    assert price("79030000000", 6, "incoming") == Decimal("0.06")


def test_what_no_rate_covers_costs_nothing() -> None:
    assert price("74951234567", 600, "internal") == 0
    assert price_of(None, 600).rate is None


def test_the_rate_that_made_it_is_kept() -> None:
    kept = reckon("74951234567", 61)

    assert kept.billed_seconds == 120
    assert kept.rate is not None
    assert (kept.rate["prefix"], kept.rate["price"]) == ("7495", "1.20")


@given(st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True), st.integers(0, 100_000))
def test_longer_is_never_cheaper_and_never_more_than_a_step(number: str, seconds: int) -> None:
    shorter, longer = price(number, seconds), price(number, seconds + 1)

    assert shorter <= longer <= shorter + Decimal("14.50")
    assert shorter == shorter.quantize(Decimal("0.01"))
