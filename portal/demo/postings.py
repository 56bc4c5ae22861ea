"""The money of a past: what each call cost, and the payments that covered it.

Every chapter of the past ends with nothing owed, so that its postings sum up to zero: the balance that the account
has now, and the balance after each of its own postings, stay as true as they were.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from portal.billing.models import EntryKind, TariffRate
from portal.billing.rating import price_of
from portal.demo.history import PastCall
from portal.kernel.money import ZERO
from portal.telephony.engine import CallKind

COLUMNS = ("at", "kind", "source", "amount", "balance_after", "text", "rating")
"""Of `billing.models.LedgerEntry`, in the order of `Purse.post`'s rows."""


class PriceBook:
    """`billing.rating.price_of` for many calls: reckons each kind of call once."""

    def __init__(self, rates: Sequence[TariffRate]) -> None:
        self._rates = rates
        self._longest = max((len(rate.prefix) for rate in rates), default=0)
        self._eras = sorted(rate.valid_from for rate in rates)
        self._known: dict[tuple[CallKind, str, int, int], tuple[Decimal, str | None]] = {}

    def price(self, call: PastCall) -> tuple[Decimal, str | None]:
        """What a call costs, and how that was reckoned, as JSON; None for a call that costs nothing."""
        other = call.caller if call.kind is CallKind.INCOMING else call.callee
        number = other.address if other else ""
        era = bisect_right(self._eras, call.started_at)
        # Two numbers that begin alike as far as any rate looks cost the same.
        key = (call.kind, number[: self._longest], call.talk_seconds, era)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._reckon(call, number)
        return known

    def _reckon(self, call: PastCall, number: str) -> tuple[Decimal, str | None]:
        price = price_of(self._rates, kind=call.kind, number=number, talk_seconds=call.talk_seconds, at=call.started_at)
        if not price.amount:
            return ZERO, None
        rating = {**(price.rate or {}), "billed_seconds": price.billed_seconds, "included": "0"}
        return price.amount, json.dumps(rating)


@dataclass(slots=True)
class Purse:
    """A ledger that begins and ends at zero, with its sums by local day and kind."""

    zone: ZoneInfo
    balance: Decimal = ZERO
    days: dict[tuple[date, EntryKind], tuple[Decimal, int]] = field(default_factory=dict)

    def entries(
        self, calls: Sequence[PastCall], prices: Sequence[tuple[Decimal, str | None]]
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a posting for each call that cost something, in the order of `calls`; a payment covers each
        month, and the end of the last one.
        """
        last: datetime | None = None
        for call, (amount, rating) in zip(calls, prices, strict=True):
            if not amount:
                continue
            if last is not None and self._month(call.ended_at) != self._month(last):
                yield self._payment(last)
            last = call.ended_at
            yield self.post(last, EntryKind.CALL, call.api_call_id, -amount, rating)
        if last is not None:
            yield self._payment(last)

    def post(self, at: datetime, kind: EntryKind, source: str, amount: Decimal, rating: str | None) -> tuple[Any, ...]:
        """The row of one posting."""
        day = at.astimezone(self.zone).date()
        total, count = self.days.get((day, kind), (ZERO, 0))
        self.days[day, kind] = (total + amount, count + 1)
        self.balance += amount
        return (at, kind.value, source, amount, self.balance, "", rating)

    def _payment(self, last: datetime) -> tuple[Any, ...]:
        at = last + timedelta(milliseconds=1)
        return self.post(at, EntryKind.PAYMENT, f"past-{at.timestamp():.6f}", -self.balance, None)

    def _month(self, at: datetime) -> tuple[int, int]:
        day = at.astimezone(self.zone)
        return day.year, day.month
