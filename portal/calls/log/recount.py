"""Totals of all calls, counted anew by the days of another zone: what takes long when a company moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, delete, func, select

from portal.accounts.company import moving
from portal.calls.log.classes import Facts
from portal.calls.log.figures import Figures, Place, add_many_totals
from portal.calls.log.models import FACTS, CallClass, CallTotal, Grain
from portal.calls.log.touched import forget_touched_days, touched_days
from portal.calls.models import CallRecord
from portal.kernel.db import announce, db
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import JobKind, RunningJob
from portal.kernel.jobs.running import JobLost
from portal.kernel.money import ZERO
from portal.telephony.engine import CallKind
from portal.web.access import Permission

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

DaySums = Mapping[Facts, Figures]


def move(job: RunningJob) -> None:
    """Counts every day while calls go on, then once more, under a lock, the days of which a call was written
    meanwhile; totals and zone change in that same transaction. Begun anew it counts from the beginning, and what an
    earlier run has noted counts for it too.
    """
    zone = ZoneInfo(moving.checked_zone(job.arguments["zone"]))
    with job.transaction():
        moving.announce_move(zone.key)
    try:
        sums = _count_all(job, zone)
        with job.transaction():
            if not moving.hold_move():
                return  # another run of this job, thought to be dead, was quicker
            sums |= {day: _count(day, zone) for day in touched_days()}
            db.session.execute(delete(CallTotal))
            add_many_totals(_places(sums))
            forget_touched_days()
            moving.finish_move()
            announce("calls-changed")
    except JobLost:
        raise  # somebody else goes on with it
    except BaseException:
        with job.transaction():
            moving.give_up_move()
            forget_touched_days()
        raise


def _count_all(job: RunningJob, zone: ZoneInfo) -> dict[date, DaySums]:
    with job.transaction(writes=False):
        first, last = _ends(zone)
    sums: dict[date, DaySums] = {}
    for number in range((last - first).days + 1):
        with job.transaction(writes=False):
            sums[first + number * _DAY] = _count(first + number * _DAY, zone)
        job.progress(number + 1, (last - first).days + 1)
    return sums


def _ends(zone: ZoneInfo) -> tuple[date, date]:
    """The days of the oldest and the newest call; the second before the first where there is no call."""
    ends = (CallRecord.started_at, CallRecord.started_at.desc())
    moments = [db.session.scalar(select(CallRecord.started_at).order_by(end).limit(1)) for end in ends]
    oldest, newest = (moment.astimezone(zone).date() if moment else None for moment in moments)
    return (oldest, newest) if oldest and newest else (date.max, date.min)


def _count(day: date, zone: ZoneInfo) -> DaySums:
    """What the calls that began on this day come to, by their facts."""
    since, until = (datetime.combine(each, time(), zone) for each in (day, day + _DAY))
    rows = db.session.execute(
        select(*_OF_A_DAY, *(getattr(CallClass, name) for name in FACTS))
        .join(CallClass, CallClass.id == CallRecord.class_id)
        .where(CallRecord.started_at >= since, CallRecord.started_at < until)
        .group_by(CallRecord.class_id, *(getattr(CallClass, name) for name in FACTS))
    )
    sums: dict[Facts, Figures] = defaultdict(Figures)
    for _class_id, calls, waits, waited, talk, cost, *facts in rows:
        sums[Facts(*facts)] += Figures(calls, waits, int(waited or 0), int(talk or 0), cost or ZERO)
    return sums


def _places(sums: Mapping[date, DaySums]) -> Mapping[Place, Figures]:
    places: dict[Place, Figures] = defaultdict(Figures)
    for day, of_day in sums.items():
        for facts, figures in of_day.items():
            places[Place(Grain.DAY, day, facts)] += figures
            places[Place(Grain.MONTH, day.replace(day=1), facts)] += figures
    return places


MOVING = JobKind(
    moving.KIND, lambda: _("Change of the time zone"), move, needs=Permission.MANAGE_COMPANY, repeats=False
)
