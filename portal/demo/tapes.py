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
from portal.recordings.keys import blob_key, file_name
from portal.recordings.models import Recording, RecordingState
from portal.recordings.peaks import peaks_of
from portal.telephony.engines.sandbox.voice import write_conversation


@dataclass(frozen=True, slots=True)
class Tape:
    """A talk's audio and what the page needs to know of it."""

    path: Path
    octets: int
    etag: str
    peaks: bytes


class TapeShelf:
    """A tape for each length of talk."""

    def __init__(self, folder: Path) -> None:
        self.tapes = {seconds: _record(folder / f"{seconds}.wav", seconds) for seconds in TALKS}


def _record(path: Path, seconds: int) -> Tape:
    write_conversation(path, seconds, f"tape {seconds}")
    return Tape(path, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest(), peaks_of(path))
