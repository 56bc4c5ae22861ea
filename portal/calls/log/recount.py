"""Totals of all calls, counted anew: for an account whose days begin at another moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, delete, func, select

from portal.accounts.events import ZoneChanged
from portal.accounts.zone import account_zone
from portal.calls.log.classes import Facts
from portal.calls.log.figures import Figures, Place, add_many_totals
from portal.calls.log.models import FACTS, CallClass, CallTotal, Grain
from portal.calls.models import CallRecord
from portal.kernel.db import db
from portal.kernel.money import ZERO
from portal.telephony.engine import CallKind

_DAY = timedelta(days=1)
_WAITED = case(
    (CallRecord.kind == CallKind.INCOMING, CallRecord.caller_wait_seconds), else_=CallRecord.callee_wait_seconds
)
_OF_A_DAY: tuple[Any, ...] = (
    CallRecord.class_id,
    func.count(),
    func.count(_WAITED),
    func.sum(_WAITED),
    func.sum(CallRecord.talk_seconds),
    func.sum(CallRecord.price),
)


def on_zone_changed(happened: ZoneChanged) -> None:
    """In the transaction that changes the zone, which keeps writers of calls out."""
    sums: dict[Place, Figures] = defaultdict(Figures)
    facts, zone = _facts_of_classes(), account_zone()
    for day in _days(zone):
        happened.wait()
        for class_id, figures in _count(day, zone):
            of_class = facts[class_id]
            sums[Place(Grain.DAY, day, of_class)] += figures
            sums[Place(Grain.MONTH, day.replace(day=1), of_class)] += figures
    db.session.execute(delete(CallTotal))
    add_many_totals(sums)


def _facts_of_classes() -> dict[int, Facts]:
    rows = db.session.execute(select(CallClass.id, *(getattr(CallClass, name) for name in FACTS)))
    return {class_id: Facts(*values) for class_id, *values in rows}


def _days(zone: ZoneInfo) -> Iterator[date]:
    """From the oldest call's day to the newest call's."""
    ends = (CallRecord.started_at, CallRecord.started_at.desc())
    oldest, newest = (db.session.scalar(select(CallRecord.started_at).order_by(end).limit(1)) for end in ends)
    if oldest is None or newest is None:
        return
    day, last = (moment.astimezone(zone).date() for moment in (oldest, newest))
    while day <= last:
        yield day
        day += _DAY


def _count(day: date, zone: ZoneInfo) -> Iterator[tuple[int, Figures]]:
    """What the calls of each class that began on this day come to."""
    since, until = (datetime.combine(each, time(), zone) for each in (day, day + _DAY))
    rows = db.session.execute(
        select(*_OF_A_DAY)
        .where(CallRecord.started_at >= since, CallRecord.started_at < until)
        .group_by(CallRecord.class_id)
    )
    for class_id, calls, waits, waited, talk, cost in rows:
        yield class_id, Figures(calls, waits, int(waited or 0), int(talk or 0), cost or ZERO)
