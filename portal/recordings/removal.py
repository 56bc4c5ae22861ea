"""Deleting records: first the row says so, then the store lets the audio go; what a crash leaves is found again."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.audit import audit
from portal.kernel import clock
from portal.kernel.actor import current_actor
from portal.kernel.db import announce, db, transaction, upsert
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Periodic
from portal.kernel.storage import BlobStore
from portal.recordings.models import Recording, RecordingState, RecordRemoval, RemovalReason

log = structlog.get_logger(__name__)

_SEES_ALL = "deleted records that the store still has"
_GONE = (RecordingState.EXPIRED, RecordingState.DELETED)
_STATES = {RemovalReason.RETENTION: RecordingState.EXPIRED, RemovalReason.BY_HAND: RecordingState.DELETED}
_BATCH = 200


def delete_record(recording: Recording) -> None:
    """Deletes one record for ever, by hand; `let_go` then takes the audio away. Raises `Conflict` while it is written,
    `NotFound` where there is none any more.
    """
    if recording.state == RecordingState.RECORDING:
        raise Conflict(_("The record is still being written."))
    if recording.state in _GONE:
        raise NotFound(_("There is no record to hear."))
    remove(recording, RemovalReason.BY_HAND)
    audit("record.delete", recording.file_name, before={"octets": recording.octets, "seconds": recording.seconds})


def remove(recording: Recording, reason: RemovalReason) -> None:
    """The row says that it is gone, and the log of deletions why."""
    recording.state = _STATES[reason]
    recording.call.has_recording = False
    _note(recording, reason)
    announce("calls-changed")


def note_missing(recording: Recording) -> None:
    """The store does not have what it should: noted once, in a transaction of its own. Nothing is given up by that."""
    log.error("record_missing_in_storage", recording=recording.id, blob=recording.blob)
    with transaction(recording.account_id):
        _note(recording, RemovalReason.MISSING)


def let_go(app: Flask, account_id: int, recording_id: int) -> None:
    """Takes the audio of a deleted record out of the store; again is no error. Belongs after the deletion's commit."""
    storage: BlobStore = app.extensions["portal.storage"]
    with transaction(account_id, writes=False):
        going = select(Recording.blob).where(Recording.id == recording_id, Recording.state.in_(_GONE))
        blob = db.session.scalar(going)
    if blob is None:
        return
    storage.delete(blob)
    with transaction(account_id):
        # Peaks are an outline of what was said: they go too.
        db.session.execute(update(Recording).where(Recording.id == recording_id).values(blob=None, peaks=None))


def let_all_go(app: Flask) -> None:
    """What is left of records that were deleted, in all accounts."""
    last = 0
    while True:
        with transaction(everything=_SEES_ALL, writes=False):
            found = db.session.execute(
                select(Recording.account_id, Recording.id)
                .where(Recording.state.in_(_GONE), Recording.blob.is_not(None), Recording.id > last)
                .order_by(Recording.id)
                .limit(_BATCH)
            ).all()
        if not found:
            return
        for account_id, last in found:
            let_go(app, account_id, last)


def _note(recording: Recording, reason: RemovalReason) -> None:
    upsert(
        RecordRemoval,
        {
            "recording_id": recording.id,
            "reason": reason,
            "octets": recording.octets,
            "by": current_actor().name[:254],
            "at": clock.now(),
        },
        key=["account_id", "recording_id", "reason"],
    )


LETTING_GO = Periodic(
    "deleted-records", lambda: _("Letting go of the files of deleted records"), timedelta(minutes=10), let_all_go
)
