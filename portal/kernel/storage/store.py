"""What a store of blobs promises, whatever it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 64 * 1024
"""Bytes that are held of a blob while it is read."""
_KEY = re.compile(r"[0-9a-z][0-9a-z-]*(/[0-9a-z][0-9a-z.-]*)+")


class BlobStore(Protocol):
    """Where blobs live. Keys look like `records/7/2026/11/23/c1f9….wav`.

    A store elsewhere that does not answer makes each of these raise `Unavailable`.
    """

    def put(self, key: str, source: Path, *, keep_source: bool = False) -> int:
        """Takes the file over whole or not at all; answers its size in bytes. An existing key is replaced."""

    def writer(self, key: str) -> AbstractContextManager[BinaryIO]:
        """A file to be written front to back with flat memory; it is there, whole, when the block ends well."""

    def chunks(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to but not including `stop`, in pieces. Raises `FileNotFoundError` at the first."""

    def size(self, key: str) -> int | None:
        """Bytes, or None where there is no such blob."""

    def delete(self, key: str) -> None:
        """Gone afterwards; no error where it never was."""

    def tidy(self, before: datetime) -> int:
        """Throws away what was begun before this moment and never became whole; answers how many."""


def checked(key: str) -> str:
    """The key. Raises `ValueError` for anything that we would not make: it may have come from outside."""
    if not _KEY.fullmatch(key):
        raise ValueError("not a storage key")
    return key
