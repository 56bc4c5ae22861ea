"""The money of a past: what each call cost, and the payments that covered it.

Every chapter of the past ends with nothing owed, so that its postings sum up to zero: the balance that the account
has now, and the balance after each of its own postings, stay as true as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table

from portal.billing.models import EntryKind, LedgerDay
from portal.billing.plans import Version, rates_of
from portal.billing.rating import RateTable, price_of
from portal.demo.history import PastCall
from portal.kernel.bulk import bulk_add
from portal.kernel.money import ZERO
from portal.telephony.engine import CallKind

COLUMNS = ("at", "kind", "source", "amount", "balance_after", "included", "text", "rating")
"""Of `billing.models.LedgerEntry`, in the order of a `Purse`'s rows."""

_DAYS = cast("Table", LedgerDay.__table__)
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def add_days(days: Sequence[Mapping[str, Any]]) -> None:
    """Adds to what was posted on these days: rows of `billing.models.LedgerDay`."""
    rows = ((day["day"], day["kind"].value, day["amount"], ZERO, day["count"]) for day in days)
    bulk_add(_DAYS, ("day", "kind", "amount", "included", "count"), rows, key=("day", "kind"), sums=("amount", "count"))


class PriceBook:
    """What calls cost by one version of a tariff (none: nothing), also those from before it. Reckons each kind of
    call once.
    """

    def __init__(self, version: Version | None) -> None:
        self._table = RateTable(rates_of(version) if version else ())
        self._source = (
            {"tariff": version.tariff_name, "version": version.id, "valid_from": version.valid_from.isoformat()}
            if version
            else {}
        )
        self._known: dict[tuple[CallKind, str, int], tuple[Decimal, str | None]] = {}

    def price(self, call: PastCall) -> tuple[Decimal, str | None]:
        """What a call costs, and how that was reckoned, as JSON; None for a call that costs nothing."""
        other = call.caller if call.kind is CallKind.INCOMING else call.callee
        number = other.address if other else ""
        # Two numbers that begin alike as far as any rate looks cost the same.
        key = (call.kind, number[: self._table.longest], call.talk_seconds)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._reckon(call, number)
        return known

    def _reckon(self, call: PastCall, number: str) -> tuple[Decimal, str | None]:
        price = price_of(self._table.find(call.kind, number), call.talk_seconds)
        if not price.amount:
            return ZERO, None
        rating = {**(price.rate or {}), **self._source, "billed_seconds": price.billed_seconds}
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
        return (at, kind.value, source, amount, self.balance, ZERO, "", rating)

    def _end_of_month(self, at: datetime) -> datetime:
        first = at.astimezone(self.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return (first + timedelta(days=32)).replace(day=1)
