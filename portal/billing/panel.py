"""What the page of a call shows of its price: the charge, and the rate that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.billing.models import EntryKind, LedgerEntry
from portal.billing.queries import entries_of
from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO


@dataclass(frozen=True, slots=True)
class Charge:
    """A call's charge, as the ledger keeps it, with what corrected it later. Sums are positive: what was taken."""

    amount: Decimal
    included: Decimal
    """What the month's included amount covered besides."""
    rating: Mapping[str, Any]
    """The rate that made it; after a correction, that of the last one."""
    corrections: Sequence[LedgerEntry]

    @property
    def unit_price(self) -> Decimal:
        """Of a minute or a second: see `is_per_second`."""
        return Decimal(str(self.rating.get("price", 0)))

    @property
    def valid_from(self) -> date | None:
        """The day from which the tariff had this version."""
        kept = self.rating.get("valid_from")
        return date.fromisoformat(kept) if kept else None

    @property
    def is_per_second(self) -> bool:
        """Whether the price is that of a second."""
        return self.rating.get("unit_seconds") == 1


def _load(calls: Sequence[CallRecord]) -> Mapping[int, Charge]:
    found = {call.id: entries_of(call.api_call_id) for call in calls}
    return {
        call_id: _charge(entries)
        for call_id, entries in found.items()
        if any("price" in (each.rating or {}) for each in entries)
    }


def _charge(entries: Sequence[LedgerEntry]) -> Charge:
    return Charge(
        amount=-sum((entry.amount for entry in entries), ZERO),
        included=sum((entry.included for entry in entries), ZERO),
        rating=next((entry.rating for entry in reversed(entries) if entry.rating), {}),
        corrections=[entry for entry in entries if entry.kind == EntryKind.CORRECTION],
    )


CHARGE_PANEL = CallPanel(heading=lambda: _("How the price was made"), load=_load, section="billing/_call_charge.html")
"""Of one call only: `load` asks for each call by itself."""
