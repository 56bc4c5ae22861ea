"""What people do with an import: bring a file, say what its columns hold, begin, take it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import IO

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.contacts.exchange.merging import Fate, Merger, Outcome
from portal.contacts.exchange.models import ContactImport, ImportState
from portal.contacts.exchange.reading import Meaning, decoded, is_vcard, lines_in, records, table_head
from portal.kernel import jobs
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobState
from portal.kernel.storage import BlobStore

IMPORT, UNDO = "contacts-import", "contacts-import-undo"
LARGEST_FILE = 32 * 1024 * 1024
LOOKED_THROUGH = 5_000
"""Records that the preview looks through; the import itself takes all."""
SHOWN = 200
_KEPT_FOR = timedelta(days=7)
_AT_WORK = {ImportState.RUNNING: IMPORT, ImportState.UNDOING: UNDO}
"""The kind of the job that is at an import in this state."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do. `is_whole`: the file has no more records than were looked through."""

    counts: dict[Fate, int]
    outcomes: Sequence[Outcome]
    is_whole: bool


def bring_file(storage: BlobStore, file_name: str, file: IO[bytes]) -> ContactImport:
    """Keeps an uploaded file. Raises `Refused(field="file")` for one that holds no contacts."""
    octets = file.read(LARGEST_FILE + 1)
    if not octets.strip():
        raise Refused(_("Choose a file with contacts: CSV or vCard."), "file")
    if len(octets) > LARGEST_FILE:
        raise Refused(_("A file of at most 32 MB, please: divide it."), "file")
    text = decoded(octets)
    vcard = is_vcard(text)
    octets = text.encode("utf-8", "replace")
    columns = [] if vcard else [meaning.value for meaning in table_head(lines_in([octets])).guess]
    _forget_unused(storage)
    row = ContactImport(file_name=file_name.strip()[-200:] or "contacts", is_vcard=vcard, columns=columns)
    db.session.add(row)
    db.session.flush()
    row.blob = f"contact-imports/{row.account_id}/{row.id}"
    with storage.writer(row.blob) as kept:
        kept.write(octets)
    audit("contacts.bring-file", row.file_name)
    return row


def _forget_unused(storage: BlobStore) -> None:
    """Files that were looked at and never taken in are kept for a week."""
    old = select(ContactImport).where(
        ContactImport.state == ImportState.PREVIEW, ContactImport.created_at < now() - _KEPT_FOR
    )
    for row in db.session.scalars(old.limit(50)):
        storage.delete(row.blob)
        db.session.delete(row)


def lines_of(storage: BlobStore, row: ContactImport) -> Iterator[str]:
    """The lines of the file, with flat memory. Raises `NotFound` where it is kept no more."""
    try:
        yield from lines_in(storage.chunks(row.blob))
    except FileNotFoundError:
        raise NotFound(_("This file is not kept any more. Bring it again.")) from None


def preview(storage: BlobStore, row: ContactImport) -> Preview:
    """What it would do, by doing it and keeping none of it. In a transaction of its own that only reads."""
    found = records(lines_of(storage, row), row.columns, vcard=row.is_vcard)
    batch = list(islice(found, LOOKED_THROUGH))
    is_whole = next(iter(found), None) is None
    outcomes = Merger().take(batch)
    db.session.expunge_all()
    counts = {fate: sum(1 for each in outcomes if each.fate is fate) for fate in Fate}
    first = sorted(outcomes, key=lambda each: each.fate is not Fate.WRONG)
    return Preview(counts, first[:SHOWN], is_whole)


def find_import(import_id: int, *, locks: bool = False) -> ContactImport:
    """One import; with `locks` nobody else changes it before the transaction ends. Raises `NotFound`."""
    row = db.session.get(ContactImport, import_id, with_for_update=locks)
    if row is None:
        raise NotFound
    return row


def latest_imports(most: int = 10) -> Sequence[ContactImport]:
    """The newest first."""
    return db.session.scalars(select(ContactImport).order_by(ContactImport.id.desc()).limit(most)).all()


def set_columns(row: ContactImport, columns: Iterable[str]) -> None:
    """Says what each column holds. Raises `Refused` where none holds numbers, `Conflict` once it has begun."""
    _refuse_begun(row)
    chosen = [Meaning(each).value if each in list(Meaning) else "" for each in columns]
    if len(chosen) != len(row.columns):
        raise Refused(_("Say of each column what it holds."), "columns")
    if Meaning.NUMBER not in chosen:
        raise Refused(_("Choose the column that holds phone numbers."), "columns")
    row.columns = chosen
    audit("contacts.import-columns", row.file_name, after={"columns": chosen})


def begin_import(row: ContactImport) -> Job:
    """Takes the file in, in the background. Raises `Conflict` where that has begun."""
    _refuse_begun(row)
    if not row.is_vcard and Meaning.NUMBER not in row.columns:
        raise Refused(_("Choose the column that holds phone numbers."), "columns")
    row.state = ImportState.RUNNING
    audit("contacts.import", row.file_name)
    return jobs.begin(IMPORT, {"import": row.id}, subject=row.file_name)


def stopped(rows: Sequence[ContactImport]) -> frozenset[int]:
    """Of these imports, those that were begun and at which no job is any more: it was cancelled, or has failed."""
    query = select(Job).where(Job.kind.in_(_AT_WORK.values()), Job.state.in_((JobState.WAITING, JobState.RUNNING)))
    at_work = {(job.kind, job.arguments["import"]) for job in db.session.scalars(query)}
    begun = {row.id: _AT_WORK[row.state] for row in rows if row.state in _AT_WORK}
    return frozenset(each for each, kind in begun.items() if (kind, each) not in at_work)


def can_undo(row: ContactImport) -> bool:
    """Whether it can be taken back: it is whole, or has stopped on its way in or back."""
    return row.state == ImportState.DONE or row.id in stopped([row])


def undo_import(row: ContactImport) -> Job:
    """Takes an import back, in the background, also one that has stopped before its end.

    Raises `Conflict` where there is nothing to take back.
    """
    db.session.refresh(row, with_for_update=True)
    if not can_undo(row):
        raise Conflict(_("Only an import that has ended can be taken back, once."))
    row.state, row.taken = ImportState.UNDOING, 0
    audit("contacts.import-undo", row.file_name)
    return jobs.begin(UNDO, {"import": row.id}, subject=row.file_name)


def _refuse_begun(row: ContactImport) -> None:
    if row.state != ImportState.PREVIEW:
        raise Conflict(_("This import has begun already."))
