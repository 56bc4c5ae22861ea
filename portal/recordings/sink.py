"""Takes finished records over from an engine: whole or not at all, once, under a key of our own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import structlog
from flask import Flask
from sqlalchemy import select

from portal.calls.events import CallRecorded
from portal.calls.models import CallRecord
from portal.calls.queries import find_call
from portal.kernel.db import announce, db, transaction
from portal.kernel.errors import NotFound
from portal.kernel.events import publish
from portal.kernel.storage import BlobStore
from portal.recordings.models import Recording, RecordingState
from portal.recordings.queries import recording_of
from portal.recordings.waveform import BrokenAudio, outline

_MPEG = "audio/mpeg"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Examined:
    """What is known of a file before the database is asked."""

    state: RecordingState
    seconds: int
    etag: str
    sides: int
    peaks: bytes | None
    media_type: str = "audio/wav"


class Sink:
    """See `telephony.engine.RecordSink`. May be called from any thread, and again after a failure."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._storage: BlobStore = app.extensions["portal.storage"]

    def begin(self, account_id: int, api_call_id: str) -> None:
        """The talk is being recorded. A call that is not written yet gets its record when it is complete."""
        with self._app.app_context(), transaction(account_id):
            call = find_call(api_call_id)
            if call is not None and recording_of(call) is None:
                db.session.add(_new(call))
                announce("calls-changed")

    def complete(self, account_id: int, api_call_id: str, path: Path, seconds: float) -> None:
        """Stores the file and tells the rooms above, once. A file that is no audio is kept, but not offered.

        Raises `NotFound` while the call is not written: the file then stays where it is, to be handed over again.
        """
        with self._app.app_context():
            with transaction(account_id, writes=False):
                call = find_call(api_call_id)
                known = recording_of(call) if call else None
            if call is None:
                raise NotFound(f"no call {api_call_id}")
            if known is None or known.state == RecordingState.RECORDING:
                examined = _examine(path, seconds)
                key = _key(call, ".mp3" if examined.media_type == _MPEG else ".wav")
                # The engine's file stays until our row says that we have it: a crash in between loses nothing.
                octets = self._storage.put(key, path, keep_source=True)
                with transaction(account_id):
                    _keep(api_call_id, key, octets, examined)
        path.unlink(missing_ok=True)


def _keep(api_call_id: str, key: str, octets: int, examined: _Examined) -> None:
    call = db.session.scalars(select(CallRecord).where(CallRecord.api_call_id == api_call_id)).one()
    recording = db.session.scalar(select(Recording).where(Recording.call_id == call.id).with_for_update())
    if recording is None:
        recording = _new(call)
        db.session.add(recording)
    elif recording.state != RecordingState.RECORDING:
        return
    recording.blob, recording.octets = key, octets
    # How long an MP3 plays is not told by its file: the talk that it holds is.
    recording.seconds = examined.seconds or call.talk_seconds or 0
    recording.state, recording.etag = examined.state, examined.etag
    recording.sides, recording.peaks, recording.media_type = examined.sides, examined.peaks, examined.media_type
    if examined.media_type == _MPEG:
        recording.file_name = f"{recording.file_name.rpartition('.')[0]}.mp3"
    db.session.flush()
    if recording.state == RecordingState.READY:
        # The switch may have given the record up before it came.
        call.has_recording = True
        publish(CallRecorded(call))
    announce("calls-changed")


def _new(call: CallRecord) -> Recording:
    return Recording(call_id=call.id, file_name=f"{call.api_call_id}.wav")


def _key(call: CallRecord, suffix: str) -> str:
    """The same for the same call, so that a second try replaces the first; made from row numbers alone."""
    return f"records/{call.account_id}/{call.started_at:%Y/%m/%d}/{call.id}{suffix}"


def _examine(path: Path, seconds: float) -> _Examined:
    with path.open("rb") as file:
        etag = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        found = outline(path)
    except BrokenAudio as error:
        if path.suffix == ".mp3" and _is_mpeg(path):
            # A provider's record: browsers play it, its outline cannot be drawn.
            return _Examined(RecordingState.READY, round(seconds), etag, 1, None, _MPEG)
        log.warning("record_broken", file=path.name, reason=str(error))
        return _Examined(RecordingState.FAILED, round(seconds), etag, 1, None)
    return _Examined(RecordingState.READY, round(found.seconds), etag, found.sides, found.peaks)


def _is_mpeg(path: Path) -> bool:
    """Whether it begins as an MPEG audio file does: with a tag, or with a frame's eleven set bits (ISO 11172-3)."""
    with path.open("rb") as file:
        head = file.read(3)
    return head == b"ID3" or (len(head) == 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)
