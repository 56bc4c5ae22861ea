"""Which jobs go to the queue now: of each account one that people asked for and one of the portal's own, so that nobody
waits for another's hundred exports. Looks at the jobs of all accounts.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import aliased

from portal.kernel.bells import live_topic
from portal.kernel.clock import now
from portal.kernel.db import db, ring, transaction
from portal.kernel.jobs.asking import CHANGED
from portal.kernel.jobs.lease import MOST_ATTEMPTS
from portal.kernel.jobs.models import Job, JobState

_SEES_ALL = "job dispatch"
_LOST_IN_THE_QUEUE = timedelta(minutes=1)


def due_jobs() -> list[tuple[int, int]]:
    """Account and id of each job that is to be queued now; each is answered to one caller only."""
    moment = now()
    with transaction(everything=_SEES_ALL):
        _give_up_on_killers(moment)
        found = db.session.execute(_candidates(moment)).all()
        return [(account_id, job_id) for job_id, account_id in found if _mark(job_id, moment)]


def _candidates(moment: datetime) -> Select[int, int]:
    other = aliased(Job)
    is_same_lane = other.asked_by_id.is_(None) == Job.asked_by_id.is_(None)
    is_busy = (
        select(other.id)
        .where(other.account_id == Job.account_id, is_same_lane, _in_flight(other, moment))
        .correlate(Job)
        .exists()
    )
    return (
        select(func.min(Job.id), Job.account_id)
        .where(_may_begin(moment), ~is_busy)
        .group_by(Job.account_id, Job.asked_by_id.is_(None))
    )


def _may_begin(moment: datetime) -> ColumnElement[bool]:
    is_lost = Job.queued_at <= moment - _LOST_IN_THE_QUEUE
    is_waiting = and_(Job.state == JobState.WAITING, or_(Job.queued_at.is_(None), is_lost))
    # Queued when this life of it began, or again since the lease ran out.
    is_orphaned = or_(Job.queued_at.is_(None), Job.queued_at <= Job.lease_until, is_lost)
    return or_(is_waiting, and_(Job.state == JobState.RUNNING, Job.lease_until <= moment, is_orphaned))


def _in_flight(job: type[Job], moment: datetime) -> ColumnElement[bool]:
    is_queued = and_(job.state == JobState.WAITING, job.queued_at > moment - _LOST_IN_THE_QUEUE)
    return or_(is_queued, and_(job.state == JobState.RUNNING, job.lease_until > moment))


def _mark(job_id: int, moment: datetime) -> bool:
    marked = update(Job).where(Job.id == job_id, _may_begin(moment)).values(queued_at=moment).returning(Job.id)
    return db.session.scalar(marked.execution_options(synchronize_session=False)) is not None


def _give_up_on_killers(moment: datetime) -> None:
    """A job whose process died again and again ends here."""
    accounts = db.session.scalars(
        update(Job)
        .where(Job.state == JobState.RUNNING, Job.lease_until <= moment, Job.attempts >= MOST_ATTEMPTS)
        .values(state=JobState.FAILED, finished_at=moment, claim=None, lease_until=None)
        .returning(Job.account_id)
        .execution_options(synchronize_session=False)
    ).all()
    ring(*(live_topic(account_id, CHANGED) for account_id in set(accounts)))
