"""What a call costs by the tariffs as they are now, and the posting that makes its charge so."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from portal.billing.charging import described, priced_number
from portal.billing.included import give_back_included, take_included
from portal.billing.ledger import local_day, post
from portal.billing.models import EntryKind
from portal.billing.plans import Version, rates_of, version_on
from portal.billing.queries import entries_of
from portal.billing.rating import FREE, Price, RateTable, price_of
from portal.calls.models import CallRecord
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO, exact


@dataclass(slots=True)
class PriceLists:
    """The entered account's price lists by day, each read once. Of one transaction."""

    _versions: dict[date, Version | None] = field(default_factory=dict)
    _tables: dict[int, RateTable] = field(default_factory=dict)

    def price(self, call: CallRecord) -> Price:
        """Of a finished call."""
        day = local_day(call.started_at)
        if day not in self._versions:
            self._versions[day] = version_on(day)
        version = self._versions[day]
        if version is None or not call.talk_seconds:
            return FREE
        if version.id not in self._tables:
            self._tables[version.id] = RateTable(rates_of(version))
        price = price_of(self._tables[version.id].find(call.kind, priced_number(call)), call.talk_seconds)
        return described(price, version)


def was_told(call: CallRecord) -> bool:
    """Whether a provider has told what the call costs: no tariff of ours changes that."""
    return any(
        entry.kind == EntryKind.CALL and "price" not in (entry.rating or {}) for entry in entries_of(call.api_call_id)
    )


def correct(call: CallRecord, price: Price, number: int) -> None:
    """Posts what the charge of the call differs by, in the name of the re-rating with this number; the balance is
    locked.

    A dearer call uses up what its month still includes before it costs money. A cheaper one gives money back first,
    and then what the included amount had covered.
    """
    before = call.price or ZERO
    month = local_day(call.started_at).replace(day=1)
    amount, included = _split(call, price.amount - before, month)
    post(
        EntryKind.CORRECTION,
        f"{number}:{call.api_call_id}",
        amount,
        included=included,
        corrects=call.api_call_id,
        rating={**(price.rate or {}), "billed_seconds": price.billed_seconds},
        text=_("Price corrected: %(before)s, now %(after)s", before=exact(before), after=exact(price.amount)),
    )
    call.price = price.amount


def _split(call: CallRecord, dearer_by: Decimal, month: date) -> tuple[Decimal, Decimal]:
    """What moves on the balance, and of the included amount."""
    if dearer_by > ZERO:
        covered = take_included(month, dearer_by)
        return covered - dearer_by, covered
    taken = -sum((entry.amount for entry in entries_of(call.api_call_id)), ZERO)
    money = min(-dearer_by, max(taken, ZERO))
    rest = -dearer_by - money
    give_back_included(month, rest)
    return money, -rest
