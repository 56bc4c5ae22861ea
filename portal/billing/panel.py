"""What the page of a call shows of its price: the charge, and the rate that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.billing.models import LedgerEntry
from portal.billing.queries import charge_of
from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.kernel.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Charge:
    """A call's charge, as the ledger keeps it. `amount` is positive: what was taken from the balance."""

    amount: Decimal
    rate_name: str
    per_minute: Decimal
    step_seconds: int
    billed_seconds: int
    included: Decimal
    """What the month's included amount covered besides."""


def _load(calls: Sequence[CallRecord]) -> Mapping[int, Charge]:
    found = {call.id: charge_of(call.api_call_id) for call in calls}
    return {call_id: _charge(entry, entry.rating) for call_id, entry in found.items() if entry and entry.rating}


def _charge(entry: LedgerEntry, rating: Mapping[str, str | int]) -> Charge:
    return Charge(
        amount=-entry.amount,
        rate_name=str(rating.get("name", "")),
        per_minute=Decimal(rating.get("per_minute", 0)),
        step_seconds=int(rating.get("step_seconds", 0)),
        billed_seconds=int(rating.get("billed_seconds", 0)),
        included=Decimal(rating.get("included", 0)),
    )


CHARGE_PANEL = CallPanel(heading=lambda: _("How the price was made"), load=_load, section="billing/_call_charge.html")
"""Of one call only: `load` asks for each call by itself."""
