"""The money of a past: what each call cost, and the payments that covered it.

Every chapter of the past ends with nothing owed, so that its postings sum up to zero: the balance that the account
has now, and the balance after each of its own postings, stay as true as they were.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from portal.billing.models import EntryKind, TariffRate
from portal.billing.rating import price_of
from portal.demo.history import PastCall
from portal.kernel.money import ZERO
from portal.telephony.engine import CallKind

COLUMNS = ("at", "kind", "source", "amount", "balance_after", "text", "rating")
"""Of `billing.models.LedgerEntry`, in the order of a `Purse`'s rows."""

_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


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
    latest: datetime = _BEFORE_ALL
    days: dict[tuple[date, EntryKind], tuple[Decimal, int]] = field(default_factory=dict)

    def entries(
        self, calls: Sequence[PastCall], prices: Sequence[tuple[Decimal, str | None]]
    ) -> Iterator[tuple[Any, ...]]:
        """The row of a posting for each call that cost something, as the calls ended.

        A payment covers each month, and the end of the last one.
        """
        paid = [(call, *price) for call, price in zip(calls, prices, strict=True) if price[0]]
        month_ends: datetime | None = None
        for call, amount, rating in sorted(paid, key=lambda each: each[0].ended_at):
            if month_ends is None or call.ended_at >= month_ends:
                if month_ends is not None:
                    yield self._payment()
                month_ends = self._end_of_month(call.ended_at)
            yield self._post(call.ended_at, EntryKind.CALL, call.api_call_id, -amount, rating)
        if paid:
            yield self._payment()

    def _payment(self) -> tuple[Any, ...]:
        return self._post(self.latest, EntryKind.PAYMENT, f"past-{self.latest.timestamp():.6f}", -self.balance, None)

    def _post(self, at: datetime, kind: EntryKind, source: str, amount: Decimal, rating: str | None) -> tuple[Any, ...]:
        # No two at once and none before another, also from chapter to chapter: a balance is that of a moment.
        at = self.latest = max(at, self.latest + timedelta(microseconds=1))
        day = at.astimezone(self.zone).date()
        total, count = self.days.get((day, kind), (ZERO, 0))
        self.days[day, kind] = (total + amount, count + 1)
        self.balance += amount
        return (at, kind.value, source, amount, self.balance, "", rating)

    def _end_of_month(self, at: datetime) -> datetime:
        first = at.astimezone(self.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return (first + timedelta(days=32)).replace(day=1)
