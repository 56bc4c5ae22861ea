"""Takes finished records over from an engine: whole or not at all, once, under a key of our own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import structlog
from flask import Flask
from sqlalchemy import bindparam, select, update

from portal.calls.events import CallEnding, CallFinished, CallRecorded
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import announce, db, transaction
from portal.kernel.errors import NotFound
from portal.kernel.events import publish
from portal.kernel.prepared import Prepared, given
from portal.kernel.storage import BlobStore
from portal.recordings.models import MPEG, WAV, Recording, RecordingState
from portal.recordings.waveform import BrokenAudio, outline

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Examined:
    """What is known of a file before the database is asked."""

    state: RecordingState
    seconds: int
    etag: str
    sides: int
    peaks: bytes | None
    media_type: str = WAV

    @property
    def suffix(self) -> str:
        return ".mp3" if self.media_type == MPEG else ".wav"


class _Found(NamedTuple):
    """A call, and how far its record is; None where none was begun."""

    id: int
    account_id: int
    started_at: datetime
    state: RecordingState | None


# Built once: each call that is recorded waits for them.
_FIND = Prepared(
    select(CallRecord.id, CallRecord.account_id, CallRecord.started_at, Recording.state)
    .outerjoin(Recording, Recording.call_id == CallRecord.id)
    .where(CallRecord.api_call_id == bindparam("api_call_id")),
    _Found,
)
_KEPT = ("blob", "octets", "seconds", "state", "etag", "sides", "peaks", "media_type", "file_name")
_BEGIN = Prepared(
    lambda make: (
        make(Recording)
        .values(given(("call_id", "file_name", "created_at")))
        .values(state=RecordingState.RECORDING, media_type=WAV, octets=0, seconds=0, sides=1)
        .on_conflict_do_nothing(index_elements=("account_id", "call_id"))
        .returning(Recording.id)
    )
)
_KEEP = Prepared(
    update(Recording)
    .where(Recording.call_id == bindparam("call"), Recording.state == RecordingState.RECORDING)
    .values(given(_KEPT))
    .returning(Recording.id)
)
_IS_KEPT = Prepared(
    select(Recording.id).where(Recording.call_id == bindparam("call"), Recording.state == RecordingState.READY)
)
# Held: whoever writes the call's end meanwhile waits, and then finds the record, or has written it before we look.
_CALL = select(CallRecord).where(CallRecord.api_call_id == bindparam("api_call_id")).with_for_update(key_share=True)


def on_call_ending(event: CallEnding) -> None:
    """An engine that was lost between the record and the call's end does not know that the record is there."""
    call = event.call
    if event.was_recorded and not call.has_recording:
        found = _FIND.first(api_call_id=call.api_call_id)
        call.has_recording = found is not None and found.state == RecordingState.READY


def on_call_finished(event: CallFinished) -> None:
    """A record that came before the call's end is told of now. Most do: an engine ends a call with its record."""
    if event.call.has_recording and _IS_KEPT.first(call=event.call.id) is not None:
        publish(CallRecorded(event.call))


class Sink:
    """See `telephony.engine.RecordSink`. May be called from any thread, and again after a failure."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._storage: BlobStore = app.extensions["portal.storage"]

    def begin(self, account_id: int, api_call_id: str) -> None:
        """The talk is being recorded. A call that is not written yet gets its record when it is complete."""
        with self._app.app_context(), transaction(account_id):
            call = _FIND.first(api_call_id=api_call_id)
            if call is not None and call.state is None and _begin(call.id, api_call_id):
                announce("calls-changed")

    def complete(self, account_id: int, api_call_id: str, path: Path, seconds: float) -> None:
        """Stores the file and tells the rooms above, once, when the call is over too.

        A file that is no audio is kept, but not offered.

        Raises `NotFound` while the call is not written: the file then stays where it is, to be handed over again.
        """
        with self._app.app_context():
            with transaction(account_id, writes=False):
                call = _FIND.first(api_call_id=api_call_id)
            if call is None:
                raise NotFound(f"no call {api_call_id}")
            if call.state in (None, RecordingState.RECORDING):
                examined = _examine(path, seconds)
                key = _key(call, examined.suffix)
                # The engine's file stays until our row says that we have it: a crash in between loses nothing.
                octets = self._storage.put(key, path, keep_source=True)
                with transaction(account_id):
                    _keep(api_call_id, key, octets, examined)
        path.unlink(missing_ok=True)


def _begin(call_id: int, api_call_id: str) -> bool:
    """Whether there was none yet."""
    return _BEGIN.first(call_id=call_id, file_name=f"{api_call_id}.wav", created_at=now()) is not None


def _keep(api_call_id: str, key: str, octets: int, examined: _Examined) -> None:
    call = db.session.scalars(_CALL, {"api_call_id": api_call_id}).one()
    _begin(call.id, api_call_id)
    kept = _KEEP.first(
        call=call.id,
        blob=key,
        octets=octets,
        # How long an MP3 plays is not told by its file: the talk that it holds is.
        seconds=examined.seconds or call.talk_seconds or 0,
        state=examined.state,
        etag=examined.etag,
        sides=examined.sides,
        peaks=examined.peaks,
        media_type=examined.media_type,
        file_name=f"{api_call_id}{examined.suffix}",
    )
    if kept is None:
        return
    if examined.state == RecordingState.READY:
        # The switch may have given the record up before it came.
        call.has_recording = True
        if call.ended_at is not None:
            publish(CallRecorded(call))
    announce("calls-changed")


def _key(call: _Found, suffix: str) -> str:
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
            return _Examined(RecordingState.READY, round(seconds), etag, 1, None, MPEG)
        log.warning("record_broken", file=path.name, reason=str(error))
        return _Examined(RecordingState.FAILED, round(seconds), etag, 1, None)
    return _Examined(RecordingState.READY, round(found.seconds), etag, found.sides, found.peaks)


def _is_mpeg(path: Path) -> bool:
    """Whether it begins as an MPEG audio file does: with a tag, or with a frame's eleven set bits (ISO 11172-3)."""
    with path.open("rb") as file:
        head = file.read(3)
    return head == b"ID3" or (len(head) == 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)
