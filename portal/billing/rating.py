"""The price of a call: pure arithmetic over a price list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from portal.kernel.money import ZERO, rounded


class Rate(Protocol):
    """A line of a price list; see `billing.models.TariffRate`."""

    kind: str
    prefix: str
    name: str
    per_minute: Decimal
    step_seconds: int
    free_seconds: int
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class Price:
    """What a call costs, and the rate that made it (kept with the charge for ever)."""

    amount: Decimal
    billed_seconds: int
    rate: dict[str, Any] | None


def price_of(rates: Iterable[Rate], *, kind: str, number: str, talk_seconds: int, at: datetime) -> Price:
    """The price of `talk_seconds` of talk with `number` (universal format or SIP name) begun `at`.

    The longest prefix wins, among equals the latest that was valid then; a call that no rate covers, or that was
    not answered, costs nothing. Talk is rounded up to the rate's step; what is within its free start costs nothing.
    """
    fitting = [r for r in rates if r.kind == kind and number.startswith(r.prefix) and r.valid_from <= at]
    if not fitting or talk_seconds <= 0:
        return Price(ZERO, 0, None)
    rate = max(fitting, key=lambda r: (len(r.prefix), r.valid_from))
    seconds = 0
    if talk_seconds > rate.free_seconds:
        seconds = -(-talk_seconds // rate.step_seconds) * rate.step_seconds
    amount = rounded(rate.per_minute * seconds / 60)
    return Price(amount, seconds, _kept(rate))


def _kept(rate: Rate) -> dict[str, Any]:
    return {
        "name": rate.name,
        "prefix": rate.prefix,
        "per_minute": str(rate.per_minute),
        "step_seconds": rate.step_seconds,
        "free_seconds": rate.free_seconds,
        "valid_from": rate.valid_from.isoformat(),
    }
