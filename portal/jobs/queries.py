"""Reads of background jobs, of those kinds that the reader may know of."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ScalarSelect, func, select

from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.jobs import Job, JobState
from portal.kernel.paging import Cursor, NewestFirst, Page

JOBS = NewestFirst(Job.created_at, Job.id)
_OPEN = (JobState.WAITING, JobState.RUNNING)


def job_page(kinds: Collection[str], cursor: Cursor | None = None, limit: int = 50) -> Page[Job]:
    """A page of jobs, newest first."""
    rows = db.session.scalars(JOBS.ordered(select(Job).where(Job.kind.in_(kinds)), cursor).limit(limit + 1)).all()
    return JOBS.page(rows, cursor, limit)


def all_jobs_page(states: Collection[JobState], cursor: Cursor | None = None, limit: int = 50) -> Page[Job]:
    """A page of every account's jobs in these states, newest first: the operator's."""
    query = select(Job).where(Job.state.in_(states))
    return JOBS.page(db.session.scalars(JOBS.ordered(query, cursor).limit(limit + 1)).all(), cursor, limit)


def state_counts() -> dict[JobState, int]:
    """How many jobs of every account stand in each state."""
    rows = db.session.execute(select(Job.state, func.count(Job.id)).group_by(Job.state))
    return {JobState(state): count for state, count in rows}


def find_job(job_id: int, kinds: Collection[str]) -> Job:
    """One job. Raises `NotFound`, also for one whose kind the reader may not know of."""
    job = db.session.scalar(select(Job).where(Job.id == job_id, Job.kind.in_(kinds)))
    if job is None:
        raise NotFound
    return job


def open_count(kinds: Collection[str]) -> ScalarSelect[int]:
    """How many jobs wait or run: part of a statement."""
    return select(func.count(Job.id)).where(Job.state.in_(_OPEN), Job.kind.in_(kinds)).scalar_subquery()
