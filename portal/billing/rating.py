"""The price of a call: pure arithmetic over a price list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from portal.kernel.money import ZERO, rounded


class Rate(Protocol):
    """A line of a price list; see `billing.models.TariffRate`."""

    kind: str
    prefix: str
    name: str
    price: Decimal
    unit_seconds: int
    step_seconds: int
    free_seconds: int


@dataclass(slots=True)
class ListedRate:
    """A `Rate` as it was read."""

    kind: str
    prefix: str
    name: str
    price: Decimal
    unit_seconds: int
    step_seconds: int
    free_seconds: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a call costs, and the rate that made it (kept with the charge for ever)."""

    amount: Decimal
    billed_seconds: int
    rate: dict[str, Any] | None


FREE = Price(ZERO, 0, None)


class RateTable:
    """A whole price list in memory: for many calls at once."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates = {(rate.kind, rate.prefix): rate for rate in rates}
        self.longest = max((len(prefix) for _kind, prefix in self._rates), default=0)

    def find(self, kind: str, number: str) -> Rate | None:
        """The rate of the longest prefix that `number` (universal format or SIP name) begins with."""
        found = (self._rates.get((kind, prefix)) for prefix in prefixes(number[: self.longest]))
        return next((rate for rate in found if rate is not None), None)


def prefixes(number: str) -> list[str]:
    """Every beginning of a number, the longest first, the empty one last."""
    return [number[:length] for length in range(len(number), -1, -1)]


def price_of(rate: Rate | None, talk_seconds: int) -> Price:
    """The price of so much talk.

    A call that no rate covers, or that was not answered, costs nothing. Talk is rounded up to the rate's step; what is
    within its free start costs nothing, what is longer costs from its first second. The sum is rounded to whole
    kopecks, halves up.
    """
    if rate is None or talk_seconds <= 0:
        return FREE
    seconds = 0
    if talk_seconds > rate.free_seconds:
        seconds = -(-talk_seconds // rate.step_seconds) * rate.step_seconds
    amount = rounded(rate.price * seconds / rate.unit_seconds)
    return Price(amount, seconds, _kept(rate))


def _kept(rate: Rate) -> dict[str, Any]:
    return {
        "name": rate.name,
        "prefix": rate.prefix,
        "price": str(rate.price),
        "unit_seconds": rate.unit_seconds,
        "step_seconds": rate.step_seconds,
        "free_seconds": rate.free_seconds,
    }
