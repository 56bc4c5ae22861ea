"""Kinds of jobs for tests, and a runner in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal.kernel import jobs
from portal.kernel.db import db, transaction
from portal.kernel.jobs import Job, JobKind, JobState, RunningJob
from portal.kernel.jobs.runner import JobRunner

PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Bench:
    """One account's jobs."""

    app: Flask
    account_id: int

    def offers(self, name: str, run: Callable[[RunningJob], None]) -> None:
        """A kind that the app has not yet."""
        self.app.extensions["portal.jobs"].kinds[name] = JobKind(name, lambda: name, run, needs="see-calls")

    def asks(self, kind: str, **arguments: Any) -> int:
        """Begins a job; answers its id."""
        with self.app.app_context(), transaction(self.account_id):
            return jobs.begin(kind, arguments).id

    def job(self, job_id: int) -> Job:
        """As it is now."""
        with self.app.app_context(), transaction(self.account_id, writes=False):
            return db.session.scalars(select(Job).where(Job.id == job_id)).one()

    def changes(self, job_id: int, **facts: Any) -> None:
        """What somebody else writes into the row."""
        with self.app.app_context(), transaction(self.account_id):
            job = db.session.scalars(select(Job).where(Job.id == job_id)).one()
            for name, value in facts.items():
                setattr(job, name, value)

    def waits(self, job_id: int, *states: JobState) -> Job:
        """The job, as soon as it is in one of the states: over, unless told otherwise."""
        wanted = states or (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while (job := self.job(job_id)).state not in wanted:
            assert time.monotonic() < give_up_at, f"the job is still {job.state}"
            time.sleep(0.02)
        return job

    @contextmanager
    def runs(self, lease: timedelta = timedelta(seconds=30)) -> Iterator[JobRunner]:
        """A runner works, and has ended at the end of the block."""
        stop, runner = threading.Event(), JobRunner(self.app, lease=lease)
        thread = threading.Thread(target=runner.run, args=(stop,))
        thread.start()
        try:
            yield runner
        finally:
            stop.set()
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "the runner did not end"
