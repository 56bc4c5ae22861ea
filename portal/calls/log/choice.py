"""A choice of calls as conditions: on the calls themselves, on their classes, on the totals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from portal.calls.log.classes import PRICE_EDGES, TALK_EDGES, price_band, talk_band
from portal.calls.log.filters import CallFilters
from portal.calls.log.models import CallClass, CallTotal
from portal.calls.log.notices import notice_source
from portal.calls.models import CallRecord
from portal.calls.remarks.models import CallTag, CallTagging
from portal.kernel import textsearch


def is_choosy(filters: CallFilters) -> bool:
    """Whether anything but the period is chosen."""
    return bool(facts(filters, CallTotal)) or needs_each_call(filters)


def needs_each_call(filters: CallFilters) -> bool:
    """Whether totals by facts do not answer it."""
    each = (
        filters.q,
        filters.min_talk,
        filters.max_talk,
        filters.min_price,
        filters.max_price,
        filters.notices,
        filters.tag,
    )
    return any(part is not None for part in each)


def is_told_by_class(filters: CallFilters) -> bool:
    """Whether a call fits exactly when its class does."""
    return filters.q is None and filters.notices is None and filters.tag is None and _bands_fit(filters)


def is_told_by_text(filters: CallFilters) -> bool:
    """Whether a call of the period fits exactly when it holds the needles."""
    return len(conditions(filters)) == len(needles(filters))


def conditions(filters: CallFilters) -> list[ColumnElement[bool]]:
    """Of the calls. The period is left to `Stretch`."""
    found = _of_sides(filters) + _of_columns(filters, CallRecord) + _of_amounts(filters)
    found += [CallRecord.search_text.contains(needle, autoescape=True) for needle in needles(filters)]
    if filters.notices is not None:
        found.append(notice_source().condition(filters.notices))
    if filters.tag is not None:
        found.append(CallRecord.id.in_(tagged(filters.tag)))
    return found


def classes(filters: CallFilters) -> list[ColumnElement[bool]]:
    """Of the classes that hold such calls."""
    found = facts(filters, CallClass)
    if filters.min_talk is not None:
        found.append(CallClass.talk_band >= talk_band(filters.min_talk))
    if filters.max_talk is not None:
        found.append(CallClass.talk_band <= talk_band(filters.max_talk))
    if filters.min_price is not None:
        found.append(CallClass.price_band >= price_band(filters.min_price))
    if filters.max_price is not None:
        found.append(CallClass.price_band <= price_band(filters.max_price))
    return found


def facts(filters: CallFilters, model: type[CallClass | CallTotal]) -> list[ColumnElement[bool]]:
    """What classes and totals both keep."""
    found = _of_columns(filters, model)
    if filters.sip is not None:
        found.append(or_(model.sip == filters.sip, model.other_sip == filters.sip))
    return found


def tagged(tag_id: int) -> Select[int]:
    """The row ids of the calls with a tag that is on the list."""
    return select(CallTagging.call_id).join(CallTagging.tag).where(CallTag.id == tag_id, CallTag.removed_at.is_(None))


def needles(filters: CallFilters) -> list[str]:
    """The texts that a call must hold."""
    return [needle for needle in [filters.q and textsearch.needle(filters.q)] if needle]


def _of_columns(filters: CallFilters, model: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.direction is not None:
        found.append(model.kind == filters.direction.kind.value)
    if filters.outcome is not None:
        found.append(model.outcome == filters.outcome.value)
    if filters.line is not None:
        found.append(model.did == filters.line)
    if filters.has_record is not None:
        found.append(model.has_recording.is_(filters.has_record))
    return found


def _of_sides(filters: CallFilters) -> list[ColumnElement[bool]]:
    return [or_(CallRecord.caller == filters.sip, CallRecord.callee == filters.sip)] if filters.sip is not None else []


def _of_amounts(filters: CallFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.min_talk is not None:
        found.append(CallRecord.talk_seconds >= filters.min_talk)
    if filters.max_talk is not None:
        found.append(CallRecord.talk_seconds <= filters.max_talk)
    if filters.min_price is not None:
        found.append(CallRecord.price >= filters.min_price)
    if filters.max_price is not None:
        found.append(CallRecord.price <= filters.max_price)
    return found


def _bands_fit(filters: CallFilters) -> bool:
    """Whether the limits of length and price begin a band; what has no length or price stands in the band of 0."""
    if filters.max_talk is not None or filters.max_price is not None:
        return False
    talk_fits = filters.min_talk is None or filters.min_talk - 1 in TALK_EDGES
    return talk_fits and (filters.min_price is None or filters.min_price - Decimal("0.0001") in PRICE_EDGES)
