"""Blobs (records, exports) by our own keys. A key is never made from anything that came from outside."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO, Protocol

_KEY = re.compile(r"[0-9a-z][0-9a-z-]*(/[0-9a-z][0-9a-z.-]*)+")


class BlobStore(Protocol):
    """Where blobs live. Keys look like `records/7/2026/11/23/c1f9….wav`."""

    def put(self, key: str, source: Path, *, keep_source: bool = False) -> int:
        """Takes the file over whole or not at all; answers its size in bytes. An existing key is replaced."""

    def open(self, key: str) -> BinaryIO:
        """The blob, positioned at its start and seekable. Raises `FileNotFoundError`."""

    def size(self, key: str) -> int | None:
        """Bytes, or None where there is no such blob."""

    def delete(self, key: str) -> None:
        """Gone afterwards; no error where it never was."""


class FolderStore:
    """Blobs as files below one folder: the default."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, source: Path, *, keep_source: bool = False) -> int:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        if keep_source:
            # A hard link costs nothing; another file system gets a copy.
            try:
                os.link(source, partial)
            except OSError:
                shutil.copyfile(source, partial)
        else:
            shutil.move(source, partial)
        partial.replace(target)
        return target.stat().st_size

    def open(self, key: str) -> BinaryIO:
        return self._path(key).open("rb")

    def size(self, key: str) -> int | None:
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path(key).unlink()

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("not a storage key")
        return self._root / key
