"""A record as an answer: for whoever may hear it, as long as it is there."""

from __future__ import annotations

from flask import Response, current_app, request

from portal.kernel.errors import NotFound, NotReady
from portal.kernel.i18n import gettext as _
from portal.kernel.storage import BlobStore
from portal.recordings.hearing import note_heard
from portal.recordings.models import HearingKind, Recording, RecordingState
from portal.recordings.removal import note_missing
from portal.web import blobs
from portal.web.blobs import Blob, content_disposition

_RETRY_SECONDS = 5


def respond(recording: Recording, *, download_name: str | None = None) -> Response:
    """The audio of a record for the present request (GET or HEAD): 200, 206, 304 or 416.

    `download_name` makes the browser save it under that name instead of playing it. Raises `NotReady` while it is being
    recorded, and `NotFound` where there is nothing to hear (any more).
    """
    key, size = _stored(recording)
    kind = "attachment" if download_name else "inline"
    disposition = content_disposition(kind, recording.file_name, download_name)
    try:
        response = blobs.answer(Blob(key, size, recording.etag or "", recording.media_type, disposition))
    except FileNotFoundError:
        raise NotFound(_("There is no record to hear.")) from None
    if request.method == "GET" and response.status_code < 400:
        note_heard(recording, HearingKind.DOWNLOADED if download_name else HearingKind.LISTENED)
    return response


def _stored(recording: Recording) -> tuple[str, int]:
    """The key of the blob and its size."""
    if recording.state == RecordingState.RECORDING and not _is_lost(recording):
        raise NotReady(_("The record is still being written."), _RETRY_SECONDS)
    if recording.state != RecordingState.READY or recording.blob is None:
        raise NotFound(_("There is no record to hear."))
    storage: BlobStore = current_app.extensions["portal.storage"]
    size = storage.size(recording.blob)
    if size is None:
        note_missing(recording)
        raise NotFound(_("There is no record to hear."))
    return recording.blob, size


def _is_lost(recording: Recording) -> bool:
    """Whether the switch took its word back: it was restarted, or could not write the file."""
    return recording.call.ended_at is not None and not recording.call.has_recording
