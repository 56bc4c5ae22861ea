"""Where the calls of a past stand in the log: their classes, and what they come to by day and month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal.calls.log.classes import ClassKey, Facts, price_band, sips_of, talk_band
from portal.calls.log.figures import Figures, Place
from portal.calls.log.models import Grain
from portal.demo.history import PastCall
from portal.kernel.money import ZERO

_KNOWN: dict[tuple[object, ...], ClassKey] = {}
"""Classes seen before: a million calls have some hundred."""


@dataclass(slots=True)
class _Sum:
    calls: int = 0
    waited: int = 0
    talk: int = 0
    cost: Decimal = ZERO


@dataclass(slots=True)
class Sorting:
    """Classes of calls, one after another, and the sums of all that were sorted."""

    zone: ZoneInfo
    keys: list[ClassKey] = field(default_factory=list)
    _sums: dict[tuple[date, int], _Sum] = field(default_factory=dict)
    _facts: dict[int, Facts] = field(default_factory=dict)

    def add(self, call: PastCall, price: Decimal, waited: int, *, has_recording: bool) -> None:
        """The next call."""
        key = _class_of(call, price, has_recording=has_recording)
        self.keys.append(key)
        # By identity: to hash six texts for each of ten million calls would cost as much as all the rest of this.
        facts = key.facts
        self._facts[id(facts)] = facts
        place = (call.started_at.astimezone(self.zone).date(), id(facts))
        found = self._sums.get(place)
        if found is None:
            found = self._sums[place] = _Sum()
        found.calls += 1
        found.waited += waited
        found.talk += call.talk_seconds
        found.cost += price

    def totals(self) -> Mapping[Place, Figures]:
        """The sums, for `calls.log.figures.add_totals`."""
        totals: dict[Place, Figures] = {}
        for (day, facts_id), found in self._sums.items():
            figures = Figures(found.calls, found.calls, found.waited, found.talk, found.cost)
            for grain, first_day in ((Grain.DAY, day), (Grain.MONTH, day.replace(day=1))):
                place = Place(grain, first_day, self._facts[facts_id])
                totals[place] = totals.get(place, Figures()) + figures
        return totals


def _class_of(call: PastCall, price: Decimal, *, has_recording: bool) -> ClassKey:
    sips = sips_of(call.caller.address, call.callee.address if call.callee else None)
    amounts = talk_band(call.talk_seconds), price_band(price)
    known = (call.kind, call.outcome, call.did, sips, has_recording, amounts)
    found = _KNOWN.get(known)
    if found is None:
        facts = Facts(call.kind.value, call.outcome.value, call.did or "", *sips, has_recording)
        found = _KNOWN[known] = ClassKey(facts, *amounts)
    return found
