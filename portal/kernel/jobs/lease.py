"""Who runs a job: claimed by one, for a time that it renews while alive. Each function belongs into a transaction of
the job's account. What a holder whose claim was lost writes changes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import or_, update

from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.jobs.asking import tell
from portal.kernel.jobs.models import Job, JobState
from portal.kernel.secrets import random_word

LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 3
"""A job that so many processes died of is not begun again."""


def claim(job_id: int, lease: timedelta = LEASE) -> Job | None:
    """The job, now running and held by the caller; None where it is held, over, cancelled or none of this account's."""
    moment = now()
    job = db.session.scalar(
        update(Job)
        .where(
            Job.id == job_id,
            or_(Job.state == JobState.WAITING, (Job.state == JobState.RUNNING) & (Job.lease_until <= moment)),
        )
        .values(
            state=JobState.RUNNING,
            claim=random_word(32),
            lease_until=moment + lease,
            started_at=moment,
            attempts=Job.attempts + 1,
            done=0,
            total=None,
        )
        .returning(Job)
    )
    if job is not None:
        tell()
    return job


def renew(job_id: int, held: str, lease: timedelta = LEASE) -> bool | None:
    """Holds it for longer. Answers whether it was asked to end; None where somebody else holds it by now."""
    return db.session.scalar(_held(job_id, held).values(lease_until=now() + lease).returning(Job.is_cancel_asked))


def note_progress(job_id: int, held: str, done: int, total: int | None) -> None:
    """How far it has come."""
    if db.session.scalar(_held(job_id, held).values(done=done, total=total).returning(Job.id)) is not None:
        tell()


def give_back(job_id: int, held: str) -> None:
    """Its process ends: another one begins it anew."""
    values: dict[str, Any] = {"state": JobState.WAITING, "claim": None, "lease_until": None, "queued_at": None}
    if db.session.scalar(_held(job_id, held).values(attempts=Job.attempts - 1, **values).returning(Job.id)) is not None:
        tell()


def finish(job_id: int, held: str, state: JobState, **facts: Any) -> bool:
    """It is over, with the columns of `facts`; False where the claim was lost and nothing was written."""
    values: dict[str, Any] = {"state": state, "finished_at": now(), "claim": None, "lease_until": None, **facts}
    if db.session.scalar(_held(job_id, held).values(**values).returning(Job.id)) is None:
        return False
    tell()
    return True


def _held(job_id: int, held: str) -> Any:
    return (
        update(Job)
        .where(Job.id == job_id, Job.claim == held, Job.state == JobState.RUNNING)
        .execution_options(synchronize_session=False)
    )
