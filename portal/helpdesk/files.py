"""Files that go with a message: taken within limits, kept in the store, found by their thread."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from os import SEEK_END
from typing import BinaryIO

from sqlalchemy import func, select

from portal.accounts.audit import audit
from portal.helpdesk.content import HEAD, TEXT, Kind, kind_of, safe_name
from portal.helpdesk.models import SupportFile, SupportMessage
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.storage import BlobStore

MOST_FILES = 5
LARGEST_FILE = 5_000_000
MOST_OF_AN_ACCOUNT = 200_000_000
"""Bytes of all files of one account."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    name: str
    stream: BinaryIO


def checked(uploads: Sequence[Upload]) -> Sequence[Upload]:
    """The files, before anything is written. Raises `Refused` at the field `files`."""
    if len(uploads) > MOST_FILES:
        raise Refused(_("At most %(count)s files go with one message.", count=MOST_FILES), "files")
    total = db.session.scalar(select(func.sum(SupportFile.octets))) or 0
    for upload in uploads:
        octets = upload.stream.seek(0, SEEK_END)
        total += octets
        if octets > LARGEST_FILE:
            limit = LARGEST_FILE // 1_000_000
            raise Refused(_("%(name)s is larger than %(limit)s MB.", name=upload.name, limit=limit), "files")
        if _kind(upload) is None:
            words = _(
                "%(name)s is of a kind that is not taken: pictures, PDF, sound and plain text are.", name=upload.name
            )
            raise Refused(words, "files")
    if uploads and total > MOST_OF_AN_ACCOUNT:
        raise Refused(_("There is no room for more files. Ask without them, or send them by mail."), "files")
    return uploads


def attach(storage: BlobStore, message: SupportMessage, uploads: Sequence[Upload]) -> None:
    """Keeps files that were `checked` with their message.

    The bytes lie in the store before the transaction ends: no row promises what is not there, and what a row that was
    undone leaves behind is written over by the next file of that number.
    """
    if uploads:
        names = [_keep(storage, message, upload) for upload in uploads]
        audit("support.attach", message.thread.subject, after={"files": names})


def find_file(thread_id: int, file_id: int) -> SupportFile:
    """One file of a thread. Raises `NotFound`."""
    query = select(SupportFile).where(SupportFile.id == file_id, SupportFile.thread_id == thread_id)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound
    return found


def _kind(upload: Upload) -> Kind | None:
    upload.stream.seek(0)
    return kind_of(upload.stream.read(HEAD))


def _keep(storage: BlobStore, message: SupportMessage, upload: Upload) -> str:
    kind = _kind(upload) or TEXT
    row = SupportFile(thread_id=message.thread_id, message_id=message.id, media_type=kind.media_type)
    row.name, row.octets = safe_name(upload.name, kind), upload.stream.seek(0, SEEK_END)
    db.session.add(row)
    db.session.flush()
    upload.stream.seek(0)
    with storage.writer(row.blob) as file:
        shutil.copyfileobj(upload.stream, file)
    return row.name
