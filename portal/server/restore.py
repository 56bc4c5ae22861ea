"""`portal restore`: brings a copy back, whole or not at all, into an installation that does not run."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from flask import Flask
from sqlalchemy import inspect

from portal.app import create_app
from portal.kernel.alone import alone, let_nobody_hold, sqlite_file
from portal.kernel.config import Settings, load_settings
from portal.kernel.db import db
from portal.kernel.errors import Conflict, Refused
from portal.kernel.readiness import NotReadyError, check_database, known_revisions
from portal.kernel.storage import make_store
from portal.server import postgres
from portal.server.copies import BLOBS, DATABASE, NOTE, SECRET, Note, kind_of


def restore_installation(file: Path, *, replace: bool) -> str:
    """Restores and answers in a sentence what is to be done next.

    Raises `Refused` for a file that is no copy, or one of another kind of database, secret or a newer release;
    `Conflict` for an installation that runs, or that holds something unless `replace` is said.
    """
    settings = load_settings()
    app = create_app(settings, "command")
    settings.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".portal-restore-", dir=settings.data) as folder:
        copy = Path(folder)
        note = _unpack(file, copy)
        _check(app, settings, note, copy)
        with alone(settings):
            if not replace and not _is_empty(app, settings):
                raise Conflict("There is an installation already: restore with --replace to put the copy in its place.")
            _bring_in(settings, copy)
    return f"Restored as of {note.made_at}. {_what_next(app)}"


def _unpack(file: Path, folder: Path) -> Note:
    try:
        with tarfile.open(file) as tar:
            tar.extractall(folder, filter="data")
        return Note.read(folder / NOTE)
    except FileNotFoundError:
        raise Refused(f"{file} is not there, or is no copy made by portal backup.") from None
    except (tarfile.TarError, ValueError):
        raise Refused(f"{file} is no copy that this release can read.") from None
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror or error}.") from None


def _check(app: Flask, settings: Settings, note: Note, copy: Path) -> None:
    if note.kind != kind_of(settings):
        raise Refused(f"The copy is of a {note.kind} database: set PORTAL_DATABASE_URL to one of that kind.")
    if note.revision not in known_revisions(app):
        raise Refused(
            f"The copy is newer than this release (revision {note.revision}): install the release it was made by."
        )
    secret = (copy / SECRET).read_text(encoding="utf-8")
    if _is_secret_given() and secret not in (settings.secret_key, *settings.retired_secret_keys):
        raise Refused(
            "The copy was made with another secret: set PORTAL_SECRET_KEY or PORTAL_RETIRED_SECRET_KEYS to it."
        )


def _is_secret_given() -> bool:
    return bool(os.environ.get("PORTAL_SECRET_KEY") or os.environ.get("PORTAL_SECRET_KEY_FILE"))


def _is_empty(app: Flask, settings: Settings) -> bool:
    if settings.is_embedded:
        return not sqlite_file(settings).exists()
    with app.app_context():
        return not inspect(db.engine).get_table_names()


def _bring_in(settings: Settings, copy: Path) -> None:
    if settings.is_embedded:
        file = sqlite_file(settings)
        let_nobody_hold(file)
        # Perhaps from another file system; the step that counts is then one rename.
        draft = file.with_name(f"{file.name}.new")
        shutil.move(copy / DATABASE, draft)
        _swap_blobs(settings, copy)
        if not _is_secret_given():
            (copy / SECRET).chmod(0o600)
            (copy / SECRET).replace(settings.data / SECRET)
        draft.replace(file)
    else:
        postgres.load(settings.database_url, copy / DATABASE)
        _swap_blobs(settings, copy)


def _swap_blobs(settings: Settings, copy: Path) -> None:
    if settings.storage is not None:
        _hand_over(settings, copy / BLOBS)
        return
    blobs, old = settings.data / BLOBS, copy / f"{BLOBS}.old"
    if blobs.exists():
        blobs.replace(old)
    if (copy / BLOBS).exists():
        (copy / BLOBS).replace(blobs)


def _hand_over(settings: Settings, blobs: Path) -> None:
    """Records that a copy holds go to the store; what the store has besides stays. Raises `Unavailable`."""
    store = make_store(settings)
    for path in sorted(blobs.rglob("*")):
        if path.is_file():
            store.put(path.relative_to(blobs).as_posix(), path)


def _what_next(app: Flask) -> str:
    try:
        check_database(app)
    except NotReadyError as error:
        return str(error)
    return "It can be started."
