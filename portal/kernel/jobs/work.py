"""Doing one job: claimed, run in its account's name, and its end written, whatever the end is."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask

from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.errors import PortalError
from portal.kernel.jobs import lease as leases
from portal.kernel.jobs.kinds import JobKind, Jobs
from portal.kernel.jobs.models import JobState
from portal.kernel.jobs.running import JobCancelled, JobLost, RunningJob, WorkerEnds
from portal.kernel.storage import BlobStore

log = structlog.get_logger(__name__)


class Work:
    """The jobs that this process holds. `do` runs in threads of the queue's, the rest in the runner's."""

    def __init__(self, app: Flask, lease: timedelta) -> None:
        self._app = app
        self._jobs: Jobs = app.extensions["portal.jobs"]
        self._lease = lease
        self._lock = threading.Lock()
        self._running: dict[int, RunningJob] = {}
        self._is_ending = False

    def do(self, account_id: int, job_id: int) -> None:
        """Does a job, unless somebody else holds it or it is over."""
        with self._app.app_context():
            if self._is_ending:
                return
            with transaction(account_id):
                row = leases.claim(job_id, self._lease)
            if row is None:
                return
            job = RunningJob(row, self._lease)
            with self._lock:
                self._running[job_id] = job
                if self._is_ending:
                    job.stop(WorkerEnds())
            try:
                self._do(job, self._jobs.kinds.get(job.kind))
            finally:
                with self._lock:
                    del self._running[job_id]

    def beat(self) -> None:
        """Holds every job for longer."""
        with self._lock:
            running = list(self._running.values())
        with self._app.app_context():
            for job in running:
                job.beat()

    def end(self) -> None:
        """Begins nothing more, and tells what runs to end."""
        with self._lock:
            self._is_ending = True
            for job in self._running.values():
                job.stop(WorkerEnds())

    def _do(self, job: RunningJob, kind: JobKind | None) -> None:
        bound = {"job": job.id, "kind": job.kind, "account": job.account_id}
        try:
            if kind is None:
                raise LookupError(f"no room offers jobs of the kind {job.kind}")  # noqa: TRY301 -- ends as any fault
            # A context of the job's own: what it sets is gone with it.
            with self._app.app_context(), job.speaking():
                kind.run(job)
                job.check()
        except JobLost:
            log.warning("job_lost", **bound)
        except WorkerEnds:
            with transaction(job.account_id):
                leases.give_back(job.id, job.claim)
        except JobCancelled:
            self._finish(job, JobState.CANCELLED)
        except PortalError as error:
            self._finish(job, JobState.FAILED, error=(error.message or error.code)[:500])
        except Exception:
            log.exception("job_failed", **bound)
            self._finish(job, JobState.FAILED)
        else:
            self._finish(job, JobState.DONE, expires_at=now() + kind.keep, **job.facts)

    def _finish(self, job: RunningJob, state: JobState, **facts: Any) -> None:
        with transaction(job.account_id):
            is_written = leases.finish(job.id, job.claim, state, **facts)
        unwanted = job.facts.get("result_blob")
        if unwanted and not (is_written and state == JobState.DONE):
            storage: BlobStore = self._app.extensions["portal.storage"]
            storage.delete(unwanted)
