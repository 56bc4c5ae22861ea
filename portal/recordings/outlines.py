"""Outlines that are missing: of records that came without one, computed once, in the background."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import structlog
from flask import Flask, current_app
from sqlalchemy import select

from portal.kernel import jobs
from portal.kernel.db import db, transaction
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobKind, JobState, Periodic, RunningJob
from portal.kernel.storage import BlobStore
from portal.recordings.models import Recording, RecordingState
from portal.recordings.waveform import BrokenAudio, outline
from portal.web.access import Permission

log = structlog.get_logger(__name__)

_NAME = "record-outlines"
_SEES_ALL = "outlines that are missing"
_BATCH = 50
_MISSING = (Recording.state == RecordingState.READY, Recording.peaks.is_(None))


def draw_missing(job: RunningJob) -> None:
    """Goes through the account's records without an outline. One that cannot be read gets an empty one."""
    done, last = 0, 0
    while found := _batch(job, last):
        for recording_id, blob in found:
            job.progress(done)
            peaks = _peaks(blob)
            with job.transaction():
                recording = db.session.get_one(Recording, recording_id)
                recording.peaks, recording.sides = peaks or (b"", recording.sides)
            done, last = done + 1, recording_id
    job.progress(done, done)


def _batch(job: RunningJob, last: int) -> list[tuple[int, str]]:
    with job.transaction(writes=False):
        rows = db.session.execute(
            select(Recording.id, Recording.blob)
            .where(*_MISSING, Recording.id > last)
            .order_by(Recording.id)
            .limit(_BATCH)
        )
        return [(row.id, row.blob) for row in rows]


def _peaks(blob: str) -> tuple[bytes, int] | None:
    storage: BlobStore = current_app.extensions["portal.storage"]
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        try:
            file.writelines(storage.chunks(blob))
            file.flush()
            found = outline(Path(file.name))
        except (BrokenAudio, FileNotFoundError) as error:
            log.warning("outline_failed", blob=blob, reason=type(error).__name__)
            return None
    return found.peaks, found.sides


def begin_where_missing(_app: Flask) -> None:
    """Begins the job for each account that needs it and has none."""
    with transaction(everything=_SEES_ALL, writes=False):
        wanting = set(db.session.scalars(select(Recording.account_id).where(*_MISSING).distinct()))
        at_it = select(Job.account_id).where(Job.kind == _NAME, Job.state.in_((JobState.WAITING, JobState.RUNNING)))
        wanting -= set(db.session.scalars(at_it))
    for account_id in wanting:
        with transaction(account_id):
            jobs.begin(_NAME)


OUTLINES = JobKind(_NAME, lambda: _("Outlines of records"), draw_missing, needs=Permission.LISTEN)
MISSING_OUTLINES = Periodic(
    _NAME, lambda: _("Outlines of records that have none"), timedelta(hours=1), begin_where_missing
)
