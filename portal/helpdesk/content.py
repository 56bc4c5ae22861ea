"""What a file is, by its first bytes: the few kinds that help to explain a fault, and nothing that a browser runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

HEAD = 4096
"""Bytes that are looked at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its media type, and the endings that its name may have, the usual one first."""

    media_type: str
    endings: tuple[str, ...]


TEXT = Kind("text/plain; charset=utf-8", (".txt", ".log", ".csv", ".json", ".ini", ".conf"))
_KINDS: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", Kind("image/png", (".png",))),
    (b"\xff\xd8\xff", Kind("image/jpeg", (".jpg", ".jpeg"))),
    (b"GIF87a", Kind("image/gif", (".gif",))),
    (b"GIF89a", Kind("image/gif", (".gif",))),
    (b"%PDF-", Kind("application/pdf", (".pdf",))),
    (b"ID3", Kind("audio/mpeg", (".mp3",))),
    (b"\xff\xfb", Kind("audio/mpeg", (".mp3",))),
)
_RIFF = {b"WAVE": Kind("audio/wav", (".wav",)), b"WEBP": Kind("image/webp", (".webp",))}


def kind_of(head: bytes) -> Kind | None:
    """The kind of a file that begins so; None for one that is not taken."""
    for start, kind in _KINDS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    return TEXT if _is_text(head) else None


def safe_name(name: str, kind: Kind) -> str:
    """The name without folders and unseen characters, with an ending that its content bears out."""
    plain = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable()).strip(" .")
    plain = plain[-180:] or "file"
    return plain if PurePosixPath(plain).suffix.lower() in kind.endings else plain + kind.endings[0]


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    try:
        # A character may be cut in two at the end.
        head[:-3].decode() if len(head) == HEAD else head.decode()
    except UnicodeDecodeError:
        return False
    return True
