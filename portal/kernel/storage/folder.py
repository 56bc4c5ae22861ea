"""Blobs as files below one folder: the default."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from portal.kernel.storage.store import CHUNK, checked


class FolderStore:
    """See `BlobStore`. A name that begins with a dot is a file on its way in."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, source: Path, *, keep_source: bool = False) -> int:
        target = self._path(key)
        partial = _partial(target)
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

    @contextmanager
    def writer(self, key: str) -> Iterator[BinaryIO]:
        target = self._path(key)
        partial = _partial(target)
        try:
            with partial.open("xb") as file:
                yield file
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def chunks(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        with self._path(key).open("rb") as file:
            file.seek(start)
            left = None if stop is None else stop - start
            while chunk := file.read(CHUNK if left is None else min(CHUNK, left)):
                left = None if left is None else left - len(chunk)
                yield chunk

    def size(self, key: str) -> int | None:
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path(key).unlink()

    def tidy(self, before: datetime) -> int:
        count = 0
        for path in self._root.rglob(".*"):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    count += 1
        return count

    def _path(self, key: str) -> Path:
        return self._root / checked(key)


def _partial(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}")
