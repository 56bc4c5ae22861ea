"""Records of the past: one tape per length of talk, made once and linked to every call that lasted so long."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from portal.demo.history import TALKS, PastCall
from portal.kernel.db import db
from portal.kernel.storage import BlobStore
from portal.kernel.tenancy import current_account_id
from portal.recordings.models import Recording, RecordingState
from portal.recordings.waveform import Outline, outline
from portal.telephony.engines.sandbox.voice import write_conversation


@dataclass(frozen=True, slots=True)
class Tape:
    """A talk's audio and what the page needs to know of it."""

    path: Path
    octets: int
    etag: str
    outline: Outline


class TapeShelf:
    """A tape for each length of talk."""

    def __init__(self, folder: Path) -> None:
        self.tapes = {seconds: _record(folder / f"{seconds}.wav", seconds) for seconds in TALKS}


def _record(path: Path, seconds: int) -> Tape:
    write_conversation(path, seconds, f"tape {seconds}")
    return Tape(path, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest(), outline(path))


def shelve(app: Flask, shelf: TapeShelf, past: Sequence[PastCall], ids: Sequence[int]) -> None:
    """Gives each answered call of the past its record, in the present transaction."""
    store: BlobStore = app.extensions["portal.storage"]
    account_id = current_account_id()
    rows = []
    for row_id, call in zip(ids, past, strict=True):
        tape = shelf.tapes.get(call.talk_seconds)
        if tape is None:
            continue
        key = f"records/{account_id}/{call.started_at:%Y/%m/%d}/{row_id}.wav"
        store.put(key, tape.path, keep_source=True)
        rows.append(
            Recording(
                call_id=row_id,
                state=RecordingState.READY,
                blob=key,
                file_name=f"{call.api_call_id}.wav",
                octets=tape.octets,
                seconds=call.talk_seconds,
                sides=tape.outline.sides,
                peaks=tape.outline.peaks,
                etag=tape.etag,
                created_at=call.ended_at,
            )
        )
    db.session.add_all(rows)
