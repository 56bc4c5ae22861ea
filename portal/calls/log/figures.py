"""What calls come to: sums that are added as calls are written, by day and month of the account's zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import literal_column

from portal.calls.log.classes import Facts
from portal.calls.log.models import FACTS, CallTotal, Grain
from portal.kernel.db import upsert
from portal.kernel.money import ZERO

_SUMS = ("calls", "waits", "waited_seconds", "talk_seconds", "cost")
_ROWS_AT_ONCE = 500
"""A statement takes 32,766 values on SQLite."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums of `CallTotal`."""

    calls: int = 0
    waits: int = 0
    waited_seconds: int = 0
    talk_seconds: int = 0
    cost: Decimal = ZERO

    @classmethod
    def of_call(cls, *, waited: int | None, talk: int | None, price: Decimal | None) -> Self:
        """Those of one call."""
        return cls(1, int(waited is not None), waited or 0, talk or 0, price or ZERO)

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, times: int) -> Figures:
        return Figures(*(each * times for each in astuple(self)))


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Which row of `CallTotal` a call counts in."""

    grain: Grain
    first_day: date
    facts: Facts


def places(started_at: datetime, facts: Facts, zone: ZoneInfo) -> Iterator[Place]:
    """The rows that a call of these facts counts in."""
    day = started_at.astimezone(zone).date()
    yield Place(Grain.DAY, day, facts)
    yield Place(Grain.MONTH, day.replace(day=1), facts)


def add_totals(sums: Mapping[Place, Figures]) -> None:
    """Adds to the entered account's totals, in an order that is everybody's: two writers never wait for each other."""
    rows = [
        {"grain": place.grain, "first_day": place.first_day, **asdict(place.facts), **asdict(figures)}
        for place, figures in sorted(sums.items(), key=lambda each: each[0])
        if figures != Figures()
    ]
    change: dict[str, Any] = {name: literal_column(f"call_total.{name} + excluded.{name}") for name in _SUMS}
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        chunk = rows[start : start + _ROWS_AT_ONCE]
        upsert(CallTotal, chunk, key=["account_id", "grain", "first_day", *FACTS], change=change)
