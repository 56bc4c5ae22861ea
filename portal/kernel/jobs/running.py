"""What a kind's `run` is given: the job's arguments, its account's transactions, progress, a place for its result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, BinaryIO

from flask import current_app, g
from sqlalchemy.orm import Session

from portal.kernel.actor import Actor, set_actor
from portal.kernel.clock import monotonic
from portal.kernel.db import transaction
from portal.kernel.i18n import speaking
from portal.kernel.jobs import lease as leases
from portal.kernel.jobs.models import Job
from portal.kernel.storage import BlobStore

_SECONDS_BETWEEN_NOTES = 0.5


class JobStopped(Exception):
    """The work is to end now, wherever it is; what it did so far is thrown away or done anew."""


class JobCancelled(JobStopped):
    """A person does not want it any more."""


class JobLost(JobStopped):
    """Its lease ran out: somebody else has begun it anew."""


class WorkerEnds(JobStopped):
    """Its process is told to end: another one will begin it anew."""


class RunningJob:
    """A job that this process holds. Of one thread, but for `stop` and `beat`."""

    def __init__(self, job: Job, lease: timedelta = leases.LEASE) -> None:
        self.id = job.id
        self.account_id = job.account_id
        self.kind = job.kind
        self.attempt = job.attempts
        self.arguments: dict[str, Any] = job.arguments
        self.subject = job.subject
        self.facts: dict[str, Any] = {}
        """Columns of the row that are written when it is done."""
        self._claim = job.claim or ""
        self._actor = Actor(job.asked_by, job.asked_by_id)
        self._voice = job.voice
        self._lease = lease
        self._stopped: JobStopped | None = None
        self._noted_at = -_SECONDS_BETWEEN_NOTES

    @property
    def claim(self) -> str:
        """The word by which it is held."""
        return self._claim

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """The present app context speaks and counts time as whoever asked, and acts in that name."""
        set_actor(self._actor)
        g.time_zone, g.currency = self._voice["time_zone"], self._voice["currency"]
        with speaking(self._voice["locale"]):
            yield

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator[Session]:
        """A transaction of the job's account, in its voice. Keep each short: other writers wait for it."""
        with transaction(self.account_id, writes=writes) as session, self.speaking():
            yield session

    def check(self) -> None:
        """Ends the work here where it is not wanted any more: raises `JobStopped`. Call it every second or so."""
        if self._stopped is not None:
            raise self._stopped

    def progress(self, done: int, total: int | None = None) -> None:
        """Says how far it is, as often as one likes, and checks whether to go on."""
        self.check()
        moment = monotonic()
        if moment - self._noted_at >= _SECONDS_BETWEEN_NOTES:
            self._noted_at = moment
            with transaction(self.account_id):
                leases.note_progress(self.id, self._claim, done, total)
        self.facts["done"], self.facts["total"] = done, total

    def note(self, text: str) -> None:
        """A word for whoever reads the result."""
        self.facts["note"] = text[:500]

    @contextmanager
    def result(self, file_name: str, media_type: str) -> Iterator[BinaryIO]:
        """A file to write the result into, front to back; the store has it when the block ends well."""
        storage: BlobStore = current_app.extensions["portal.storage"]
        # A try that lost its lease must not write over what came after it.
        key = f"jobs/{self.account_id}/{self.id}-{self.attempt}"
        with storage.writer(key) as file:
            yield file
            self.check()
        self.facts |= {
            "result_blob": key,
            "result_name": file_name[:200],
            "result_type": media_type,
            "result_octets": storage.size(key),
        }

    def stop(self, why: JobStopped) -> None:
        """From any thread: `check` raises this from now on."""
        self._stopped = self._stopped or why

    def beat(self) -> None:
        """From any thread: holds the job for longer, and hears whether it is to end."""
        with transaction(self.account_id):
            is_cancelled = leases.renew(self.id, self._claim, self._lease)
        if is_cancelled is None:
            self.stop(JobLost())
        elif is_cancelled:
            self.stop(JobCancelled())
