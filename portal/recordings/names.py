"""What a record is called when it leaves the cabinet."""

from __future__ import annotations

from pathlib import PurePosixPath

from portal.calls.models import CallRecord
from portal.kernel import phone
from portal.recordings.models import Recording
from portal.web.filters import zone

_UNFIT = frozenset('"\\/:*?<>|')
_LONGEST = 255 - len(" (99999)")
"""Octets in UTF-8: what file systems take, with room for the number of one that has the same name."""


def name_for_people(call: CallRecord, recording: Recording) -> str:
    """`2026-11-23 14-05-12 Igor Batov +7 903 999-88-77.wav`, in the account's zone; fit for any file system.

    Of a name that is too long the beginning stands there. The suffix tells how the record is coded.
    """
    began = f"{call.started_at.astimezone(zone()):%Y-%m-%d %H-%M-%S}"
    number = _fit(phone.display(call.other or ""))
    suffix = PurePosixPath(recording.file_name).suffix
    room = _LONGEST - len(f"{began}  {number}{suffix}".encode())
    name = _fit(call.other_name or "").encode()[:room].decode(errors="ignore").strip()
    return " ".join(part for part in (began, name, number) if part).strip(" .") + suffix


def _fit(text: str) -> str:
    return "".join(char for char in text if char.isprintable() and char not in _UNFIT)
