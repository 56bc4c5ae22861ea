"""Asking for background work."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import get_locale

from portal.kernel.actor import current_actor
from portal.kernel.db import announce, db, ring
from portal.kernel.i18n import DEFAULT_LOCALE
from portal.kernel.jobs.kinds import jobs_here
from portal.kernel.jobs.models import Job

BELL = "jobs"
CHANGED = "jobs-changed"


def begin(kind: str, arguments: dict[str, Any] | None = None, *, subject: str = "") -> Job:
    """A new job of the entered account, which begins after the present transaction's commit. The row has its id.

    `arguments` is plain JSON. The job speaks the language and the zone of whoever asks now.
    """
    if kind not in jobs_here().kinds:
        raise ValueError(f"no room offers jobs of the kind {kind}")
    actor = current_actor()
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


def tell() -> None:
    """After the commit, open pages look again, and so does who runs jobs."""
    ring(BELL)
    announce(CHANGED)


def _voice() -> dict[str, str]:
    return {
        "locale": str(get_locale() or DEFAULT_LOCALE),
        "time_zone": g.get("time_zone", "Europe/Moscow"),
        "currency": g.get("currency", "RUB"),
    }
