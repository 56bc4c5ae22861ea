"""Asking for background work."""

from __future__ import annotations

from typing import Any

from flask import g
from sqlalchemy import func, select

from portal.kernel.actor import current_actor
from portal.kernel.db import announce, db, ring
from portal.kernel.errors import TooMany
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.jobs.kinds import jobs_here
from portal.kernel.jobs.models import Job, JobState

BELL = "jobs"
CHANGED = "jobs-changed"
MOST_OPEN = 20
"""Jobs of one account that people may have asked for at a time."""


def begin(kind: str, arguments: dict[str, Any] | None = None, *, subject: str = "") -> Job:
    """A new job of the entered account, which begins after the present transaction's commit. The row has its id.

    `arguments` is plain JSON. The job speaks the language and the zone of whoever asks now. Raises `TooMany` where
    people of the account have asked for very many already.
    """
    if kind not in jobs_here().kinds:
        raise ValueError(f"no room offers jobs of the kind {kind}")
    actor = current_actor()
    if actor.user_id is not None and _open_jobs() >= MOST_OPEN:
        raise TooMany(_("So many tasks are going on already that no more can begin. Wait for one, or cancel it."), 60)
    job = Job(
        kind=kind,
        subject=subject[:300],
        arguments=arguments or {},
        voice=_voice(),
        asked_by=actor.name,
        asked_by_id=actor.user_id,
    )
    db.session.add(job)
    db.session.flush()
    tell()
    return job


def _open_jobs() -> int:
    """How many jobs that people asked for wait or run in the entered account."""
    is_open = Job.state.in_((JobState.WAITING, JobState.RUNNING))
    return db.session.scalar(select(func.count(Job.id)).where(is_open, Job.asked_by_id.is_not(None))) or 0


def tell() -> None:
    """After the commit, open pages look again, and so does who runs jobs."""
    ring(BELL)
    announce(CHANGED)


def _voice() -> dict[str, str]:
    return {
        "locale": language().code,
        "time_zone": g.get("time_zone", "Europe/Moscow"),
        "currency": g.get("currency", "RUB"),
    }
