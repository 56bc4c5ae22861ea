"""Runs background jobs until told to stop. Any number of processes may; each job is held by one of them at a time."""

from __future__ import annotations

import threading
from datetime import timedelta

import structlog
from flask import Flask

from portal.kernel.bells import Bells
from portal.kernel.clock import monotonic
from portal.kernel.config import Settings
from portal.kernel.jobs import dispatch, periodic
from portal.kernel.jobs.asking import BELL
from portal.kernel.jobs.kinds import Jobs, Periodic
from portal.kernel.jobs.lease import LEASE
from portal.kernel.jobs.queue import Queue
from portal.kernel.jobs.work import Work

log = structlog.get_logger(__name__)

THREADS = 3
_HEARS_STOP_WITHIN = 0.5
_LOOK_SECONDS = 5.0
"""Between looks when no bell rings: for what was lost, and for what is due by time."""


class JobRunner:
    """See the module. `lease` is how long a job waits for a process that has died."""

    def __init__(self, app: Flask, *, lease: timedelta = LEASE) -> None:
        settings: Settings = app.extensions["portal.settings"]
        jobs: Jobs = app.extensions["portal.jobs"]
        self._app = app
        self._works = jobs.periodic
        self._bells: Bells = app.extensions["portal.bells"]
        self._lease = lease
        self._work = Work(app, lease)
        self._queue = Queue(settings)
        self._run_job = self._queue.task(self._work.do, "job")
        self._run_periodic = self._queue.task(self._do_periodic, "periodic")
        self._held: dict[str, tuple[Periodic, str]] = {}
        self._look_at = self._beat_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Works until `stop`; then tells its jobs to end, and gives them back to be begun anew."""
        consumer = self._queue.consumer(THREADS)
        consumer.start()
        try:
            while not stop.is_set():
                self._listen(stop)
        finally:
            self._work.end()
            consumer.stop(graceful=True)
            self._queue.close()
            log.info("job_runner_stopped")

    def _listen(self, stop: threading.Event) -> None:
        try:
            listener = self._bells.listen()
        except Exception:
            log.exception("job_bell_failed")
            stop.wait(_HEARS_STOP_WITHIN)
            return
        try:
            while not stop.is_set():
                self._round(is_rung=BELL in listener.wait(_HEARS_STOP_WITHIN))
        finally:
            listener.close()

    def _round(self, *, is_rung: bool) -> None:
        moment = monotonic()
        try:
            if is_rung or moment >= self._beat_at:
                self._beat_at = moment + self._lease.total_seconds() / 5
                self._beat()
            if is_rung or moment >= self._look_at:
                self._look_at = moment + min(_LOOK_SECONDS, self._lease.total_seconds() / 2)
                self._look()
        except Exception as error:  # noqa: BLE001 -- the database is away: the leases and the rows wait for it
            log.warning("job_round_failed", error=type(error).__name__)

    def _beat(self) -> None:
        self._work.beat()
        with self._app.app_context():
            for work, held in list(self._held.values()):
                periodic.renew(work, held, self._lease)

    def _look(self) -> None:
        with self._app.app_context():
            for account_id, job_id in dispatch.due_jobs():
                self._run_job(account_id, job_id)
            for name in periodic.due_works(self._works.values()):
                if name not in self._held:
                    self._run_periodic(name)

    def _do_periodic(self, name: str) -> None:
        """In a thread of the queue's."""
        work = self._works.get(name)
        if work is None:
            return
        with self._app.app_context():
            held = periodic.claim(work, self._lease)
            if held is None:
                return
            self._held[name] = (work, held)
            try:
                work.run(self._app)
            except Exception:
                log.exception("periodic_work_failed", name=name)
            finally:
                del self._held[name]
                periodic.finish(work, held)
