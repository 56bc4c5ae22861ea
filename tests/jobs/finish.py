"""Does the jobs that wait, here and now, by the code that does them in life."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask
from sqlalchemy import select

from portal.kernel.db import db, transaction
from portal.kernel.jobs import Job, JobState
from portal.kernel.jobs.lease import LEASE
from portal.kernel.jobs.work import Work


def finish_jobs(app: Flask, account_id: int) -> Sequence[Job]:
    """Does every job of the account that waits; answers all of its jobs, oldest first."""
    work = Work(app, LEASE)
    for job in _jobs(app, account_id):
        if job.state == JobState.WAITING:
            work.do(account_id, job.id)
    return _jobs(app, account_id)


def _jobs(app: Flask, account_id: int) -> Sequence[Job]:
    with app.app_context(), transaction(account_id, writes=False):
        return db.session.scalars(select(Job).order_by(Job.id)).all()
