"""Reads of records."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from portal.calls.logged import LoggedCall
from portal.calls.models import CallRecord
from portal.kernel.among import among
from portal.kernel.db import db
from portal.recordings.models import Recording, RecordingState

# Built once, for each page of the log.
_OF_CALLS = select(Recording).where(among(Recording.call_id, "ids"))


def recording_of(call: CallRecord) -> Recording | None:
    """The record of a call, in whatever state, or None where none was begun."""
    return db.session.scalar(select(Recording).where(Recording.call_id == call.id))


def latest_recording() -> Recording | None:
    """The newest record that can be heard; None where there is none."""
    ready = select(Recording).where(Recording.state == RecordingState.READY)
    return db.session.scalar(ready.order_by(Recording.created_at.desc()).limit(1))


def recordings_of(calls: Iterable[CallRecord | LoggedCall]) -> dict[int, Recording]:
    """The records of these calls, by the call's row id, in one query."""
    ids = [call.id for call in calls]
    if not ids:
        return {}
    found = db.session.scalars(_OF_CALLS, {"ids": ids})
    return {recording.call_id: recording for recording in found}
