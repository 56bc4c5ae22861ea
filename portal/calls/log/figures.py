"""What calls come to: sums that are added as calls are written, by day and month of the account's zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table

from portal.calls.log.classes import Facts
from portal.calls.log.models import FACTS, CallTotal, Grain
from portal.kernel.bulk import bulk_add
from portal.kernel.inserts import sums as added
from portal.kernel.money import ZERO
from portal.kernel.prepared import Prepared, given

SUMS = ("calls", "waits", "waited_seconds", "talk_seconds", "cost")
_KEY = ("grain", "first_day", *FACTS)
_COLUMNS = (*_KEY, *SUMS)
_TABLE = cast("Table", CallTotal.__table__)
_ADD = Prepared(
    lambda make: (
        make(CallTotal)
        .values(given(_COLUMNS))
        .on_conflict_do_update(index_elements=("account_id", *_KEY), set_=added(_TABLE, SUMS))
    )
)


@dataclass(frozen=True, slots=True)
class Figures:
    """`SUMS` of `CallTotal`."""

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
        return Figures(
            self.calls + other.calls,
            self.waits + other.waits,
            self.waited_seconds + other.waited_seconds,
            self.talk_seconds + other.talk_seconds,
            self.cost + other.cost,
        )

    def __neg__(self) -> Figures:
        return Figures(-self.calls, -self.waits, -self.waited_seconds, -self.talk_seconds, -self.cost)

    def sums(self) -> tuple[int, int, int, int, Decimal]:
        """In the order of `SUMS`."""
        return self.calls, self.waits, self.waited_seconds, self.talk_seconds, self.cost


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
    _ADD.run(*(dict(zip(_COLUMNS, row, strict=True)) for row in _rows(sums)))


def add_many_totals(sums: Mapping[Place, Figures]) -> None:
    """The same for the totals of many calls."""
    bulk_add(_TABLE, _COLUMNS, _rows(sums), key=_KEY, sums=SUMS)


def _rows(sums: Mapping[Place, Figures]) -> Iterator[tuple[Any, ...]]:
    """Values of `_COLUMNS`."""
    for place, figures in sorted(sums.items(), key=lambda each: each[0]):
        if figures != Figures():
            facts = place.facts
            yield (
                place.grain.value, place.first_day,
                facts.kind, facts.outcome, facts.did, facts.sip, facts.other_sip, facts.has_recording,
                *figures.sums(),
            )  # fmt: skip
