"""A record as an answer: whole or a part of it, streamed, with all that a player needs to seek."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import structlog
from flask import Response, current_app, request

from portal.kernel.errors import NotFound, NotReady
from portal.kernel.i18n import gettext as _
from portal.kernel.storage import BlobStore
from portal.recordings.models import Recording, RecordingState
from portal.recordings.ranges import ByteRange, RangeNotSatisfiable, requested_range

log = structlog.get_logger(__name__)

_CHUNK = 64 * 1024
_RETRY_SECONDS = 5
_UNFIT_IN_A_NAME = frozenset('"\\/:*?<>|')


def respond(recording: Recording, *, download_name: str | None = None) -> Response:
    """The audio of a record for the present request (GET or HEAD): 200, 206, 304 or 416.

    `download_name` makes the browser save it under that name instead of playing it. Raises `NotReady` while it is being
    recorded, and `NotFound` where there is nothing to hear (any more).
    """
    blob, size = _stored(recording)
    etag = f'"{recording.etag}"'
    if request.if_none_match.contains(recording.etag or ""):
        return _described(Response(status=304), recording, download_name)
    try:
        part = requested_range(_usable_range(etag), size)
    except RangeNotSatisfiable:
        response = Response(status=416, headers={"Content-Range": f"bytes */{size}"}, mimetype=recording.media_type)
        return _described(response, recording, download_name)
    response = _body(blob, part or ByteRange(0, size), recording.media_type)
    if part is not None:
        response.status_code = 206
        response.headers["Content-Range"] = part.content_range(size)
    return _described(response, recording, download_name)


def _stored(recording: Recording) -> tuple[str, int]:
    """The key of the blob and its size."""
    if recording.state == RecordingState.RECORDING and not _is_lost(recording):
        raise NotReady(_("The record is still being written."), _RETRY_SECONDS)
    if recording.state != RecordingState.READY or recording.blob is None:
        raise NotFound(_("There is no record to hear."))
    size = _storage().size(recording.blob)
    if size is None:
        log.error("record_missing_in_storage", recording=recording.id, blob=recording.blob)
        raise NotFound(_("There is no record to hear."))
    return recording.blob, size


def _is_lost(recording: Recording) -> bool:
    """Whether the switch took its word back: it was restarted, or could not write the file."""
    return recording.call.ended_at is not None and not recording.call.has_recording


def _usable_range(etag: str) -> str | None:
    """The `Range` header, unless it was meant for another version of the file (`If-Range`, RFC 9110 section 13.1.5)."""
    condition = request.headers.get("If-Range")
    return request.headers.get("Range") if condition is None or condition.strip() == etag else None


def _body(blob: str, part: ByteRange, media_type: str) -> Response:
    # Flask drops the body of an answer to HEAD: the file is then never opened.
    response = Response(_chunks(_storage(), blob, part), mimetype=media_type, direct_passthrough=True)
    response.content_length = part.length
    return response


def _chunks(storage: BlobStore, blob: str, part: ByteRange) -> Iterator[bytes]:
    """Opened with the first chunk and closed with the last, or when the reader leaves."""
    with storage.open(blob) as file:
        file.seek(part.start)
        left = part.length
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _described(response: Response, recording: Recording, download_name: str | None) -> Response:
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = f'"{recording.etag}"'
    # Kept by the browser, but asked for each time: a right that was taken away is noticed at once.
    response.headers["Cache-Control"] = "private, no-cache"
    kind = "attachment" if download_name else "inline"
    response.headers["Content-Disposition"] = content_disposition(kind, recording.file_name, download_name)
    return response


def content_disposition(kind: str, plain_name: str, full_name: str | None = None) -> str:
    """`attachment; filename="…"; filename*=UTF-8''…` (RFC 6266): `plain_name`, of our own making, for old readers."""
    value = f'{kind}; filename="{plain_name}"'
    if full_name is None:
        return value
    clean = "".join(char for char in full_name if char.isprintable() and char not in _UNFIT_IN_A_NAME).strip(" .")
    return f"{value}; filename*=UTF-8''{quote(clean, safe='')}"


def _storage() -> BlobStore:
    storage: BlobStore = current_app.extensions["portal.storage"]
    return storage
