"""`portal backup`: a consistent copy of an installation, made while it runs."""

from __future__ import annotations

import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from flask import Flask

from portal.kernel.alone import sqlite_file
from portal.kernel.clock import now
from portal.kernel.config import Settings
from portal.kernel.errors import Conflict, Refused
from portal.kernel.readiness import wanted_revision
from portal.server import postgres
from portal.server.copies import BLOBS, DATABASE, FORMAT, NOTE, SECRET, Note, kind_of


def back_up(app: Flask, file: Path) -> str:
    """Writes the copy, readable by its owner alone, and answers in a sentence what it holds.

    The database is copied as of one moment, and the records after it: each that the copied database knows is there,
    but for those deleted meanwhile. Raises `Conflict` where the file exists, `Refused` where it cannot be written,
    `Unavailable` where PostgreSQL's tools fail.
    """
    if file.exists():
        raise Conflict(f"{file} is there already: choose another name.")
    try:
        with tempfile.TemporaryDirectory(prefix=".portal-backup-", dir=file.absolute().parent) as folder:
            count = _write(app, Path(folder), Path(folder) / "copy.tar")
            (Path(folder) / "copy.tar").replace(file)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror or error}.") from None
    size = file.stat().st_size
    return f"{file}: {_what(app, count)}, {size:,} bytes. Keep it as safe as the secret."


def _what(app: Flask, count: int) -> str:
    settings: Settings = app.extensions["portal.settings"]
    if settings.storage is None:
        return f"the database, the secret and {count} records"
    bucket, prefix = settings.storage
    return f"the database and the secret, but no records (they are in s3://{bucket}/{prefix}: keep a copy of that too)"


def _write(app: Flask, folder: Path, target: Path) -> int:
    settings: Settings = app.extensions["portal.settings"]
    Note(FORMAT, kind_of(settings), wanted_revision(app) or "", now().isoformat()).write(folder / NOTE)
    (folder / SECRET).write_text(settings.secret_key, encoding="utf-8")
    if settings.is_embedded:
        _copy_sqlite(sqlite_file(settings), folder / DATABASE)
    else:
        postgres.dump(settings.database_url, folder / DATABASE)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name in (NOTE, SECRET, DATABASE):
                tar.add(folder / name, arcname=name)
            count = _add_blobs(tar, settings.data / BLOBS) if settings.storage is None else 0
        out.flush()
        os.fsync(out.fileno())
    return count


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        # In one step, which is one read transaction: writers go on beside it.
        live.backup(copy, pages=-1)


def _add_blobs(tar: tarfile.TarFile, blobs: Path) -> int:
    count = 0
    for path in sorted(blobs.rglob("*")):
        # A name that begins with a dot is a record on its way in.
        if path.is_file() and not path.name.startswith("."):
            try:
                tar.add(path, arcname=f"{BLOBS}/{path.relative_to(blobs)}", recursive=False)
            except FileNotFoundError:
                continue
            count += 1
    return count
