"""How long an account keeps its records: a rule, what it would delete, and the job that deletes in small steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, current_app
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import joinedload

from portal.accounts.audit import audit
from portal.kernel import jobs
from portal.kernel.clock import now
from portal.kernel.db import db, transaction, upsert
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobKind, JobState, Periodic, RunningJob
from portal.kernel.paging import Cursor, NewestFirst, Page
from portal.recordings.models import Recording, RecordingState, RecordRemoval, RecordRetention, RemovalReason
from portal.recordings.removal import let_go, remove
from portal.web.access import Permission

_NAME = "record-retention"
_SEES_ALL = "records that have been kept long enough"
_BATCH = 100
LONGEST_DAYS = 36_500
REMOVALS = NewestFirst(RecordRemoval.at, RecordRemoval.id)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would delete now."""

    count: int
    octets: int
    oldest_at: datetime | None


def kept_days(*, locks: bool = False) -> int | None:
    """How many days the entered account keeps its records; None for ever. `locks` keeps others from setting it."""
    days = select(RecordRetention.days)
    return db.session.scalar(days.with_for_update() if locks else days)


def set_kept_days(days: int | None) -> None:
    """Keeps records for so many days from now on, or for ever. Raises `Refused` for none or very many."""
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Refused(_("Give a number of days from 1 to %(most)s.", most=LONGEST_DAYS), "days")
    before = kept_days()
    upsert(RecordRetention, {"days": days, "changed_at": now()}, key=["account_id"], change={"days": days})
    audit("records.retention", _("Records"), before={"days": before}, after={"days": days})


def preview(days: int) -> Preview:
    """What would be deleted if records were kept for so many days."""
    count, octets, oldest = db.session.execute(
        select(func.count(Recording.id), func.sum(Recording.octets), func.min(Recording.created_at)).where(_old(days))
    ).one()
    return Preview(count, int(octets or 0), oldest)


def removal_page(cursor: Cursor | None, limit: int = 50) -> Page[RecordRemoval]:
    """What was deleted and why, newest first."""
    rows = select(RecordRemoval).options(joinedload(RecordRemoval.recording).joinedload(Recording.call))
    return REMOVALS.page(db.session.scalars(REMOVALS.ordered(rows, cursor).limit(limit + 1)).all(), cursor, limit)


def delete_old(job: RunningJob) -> None:
    """Deletes what has been kept long enough, a few at a time, by the rule as it is at that moment."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    done = 0
    while ids := _delete_some(job):
        for recording_id in ids:
            let_go(app, job.account_id, recording_id)
            done += 1
            job.progress(done)
    with job.transaction():
        audit("records.expired", _("Records"), after={"count": done})
    job.progress(done, done)


def _delete_some(job: RunningJob) -> list[int]:
    job.check()
    with job.transaction():
        days = kept_days()
        if days is None:
            return []
        old = db.session.scalars(
            select(Recording)
            .where(_old(days))
            .options(joinedload(Recording.call))
            .order_by(Recording.created_at)
            .limit(_BATCH)
        ).all()
        for recording in old:
            remove(recording, RemovalReason.RETENTION)
        return [recording.id for recording in old]


def _old(days: int) -> ColumnElement[bool]:
    return and_(Recording.state == RecordingState.READY, Recording.created_at < now() - timedelta(days=days))


def begin_where_due(_app: Flask) -> None:
    """Begins the job for each account with a rule and something that it deletes."""
    with transaction(everything=_SEES_ALL, writes=False):
        rules = db.session.execute(
            select(RecordRetention.account_id, RecordRetention.days).where(RecordRetention.days.is_not(None))
        ).all()
        at_it = select(Job.account_id).where(Job.kind == _NAME, Job.state.in_((JobState.WAITING, JobState.RUNNING)))
        busy = set(db.session.scalars(at_it))
    for account_id, days in rules:
        if account_id in busy:
            continue
        with transaction(account_id):
            if db.session.scalar(select(Recording.id).where(_old(days or LONGEST_DAYS)).limit(1)) is not None:
                jobs.begin(_NAME)


RETENTION = JobKind(_NAME, lambda: _("Deletion of old records"), delete_old, needs=Permission.MANAGE_RECORDS)
DUE_RETENTION = Periodic(
    _NAME, lambda: _("Deletion of records whose time is over"), timedelta(hours=1), begin_where_due
)
