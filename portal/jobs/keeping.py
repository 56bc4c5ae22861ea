"""How long things are kept: results of jobs until they expire, jobs for a season, halves of blobs for a day."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Flask
from sqlalchemy import delete, select, update

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, Periodic
from portal.kernel.mail.carrier import forget_what_was_given_up
from portal.kernel.storage import BlobStore

log = structlog.get_logger(__name__)

_SEES_ALL = "results that have expired"
_JOBS_KEPT = timedelta(days=90)
_HALVES_KEPT = timedelta(days=1)
_BATCH = 200


def clean_up(app: Flask) -> None:
    """Takes away the results that have expired, the jobs that nobody asks for any more, and what never became whole."""
    storage: BlobStore = app.extensions["portal.storage"]
    while blobs := _let_go():
        for blob in blobs:
            storage.delete(blob)
    _forget_old_jobs()
    forget_what_was_given_up()
    halves = storage.tidy(now() - _HALVES_KEPT)
    if halves:
        log.info("halves_of_blobs_deleted", count=halves)


def _let_go() -> list[str]:
    """A batch of results that no row names any more. Blobs go after the commit: no row promises what is gone."""
    with transaction(everything=_SEES_ALL):
        rows = db.session.execute(
            select(Job.id, Job.result_blob)
            .where(Job.expires_at <= now(), Job.result_blob.is_not(None))
            .order_by(Job.expires_at)
            .limit(_BATCH)
        ).all()
        db.session.execute(
            update(Job)
            .where(Job.id.in_([row.id for row in rows]))
            .values(result_blob=None)
            .execution_options(synchronize_session=False)
        )
    return [row.result_blob for row in rows]


def _forget_old_jobs() -> None:
    with transaction(everything=_SEES_ALL):
        db.session.execute(
            delete(Job)
            .where(Job.finished_at <= now() - _JOBS_KEPT, Job.result_blob.is_(None))
            .execution_options(synchronize_session=False)
        )


CLEANING = Periodic("clean-up", lambda: _("Clean-up of what is old"), timedelta(hours=1), clean_up)
