"""The imports themselves, in the background: batch by batch, each whole or not at all."""

from __future__ import annotations

from itertools import islice

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import selectinload

from portal.contacts.exchange.imports import IMPORT, UNDO, find_import, lines_of
from portal.contacts.exchange.merging import Fate, Merger, note_changes
from portal.contacts.exchange.models import ContactImport, ImportedContact, ImportState
from portal.contacts.exchange.reading import records
from portal.contacts.models import Contact
from portal.kernel.db import db
from portal.kernel.errors import Conflict
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import JobKind, RunningJob
from portal.web.access import Permission

_AT_ONCE = 500
_EMPTY = {"company": "", "note": "", "crm_user_id": None}


def import_contacts(job: RunningJob) -> None:
    """Takes a file in; what an earlier try has committed is not taken twice."""
    storage = current_app.extensions["portal.storage"]
    with job.transaction(writes=False):
        row = _running(job)
        db.session.expunge(row)
    columns, taken = list(row.columns), row.taken
    total = sum(1 for _record in records(lines_of(storage, row), columns, vcard=row.is_vcard))
    found = islice(records(lines_of(storage, row), columns, vcard=row.is_vcard), taken, None)
    while batch := list(islice(found, _AT_ONCE)):
        with job.transaction():
            row = _running(job, locks=True)
            outcomes = Merger().take(batch)
            db.session.flush()
            note_changes(row.id, outcomes)
            row.taken += len(batch)
            row.added += sum(1 for each in outcomes if each.fate is Fate.NEW)
            row.merged += sum(1 for each in outcomes if each.fate is Fate.MERGES)
            row.wrong += sum(1 for each in outcomes if each.fate is Fate.WRONG)
            taken = row.taken
        job.progress(taken, total)
    with job.transaction():
        row = _running(job, locks=True)
        row.state = ImportState.DONE
        job.note(_counted(row))
        blob = row.blob
    job.progress(total, total)
    # What it changed is remembered row by row: the file is needed no more.
    storage.delete(blob)


def _running(job: RunningJob, *, locks: bool = False) -> ContactImport:
    """The import that is taken in. Raises `Conflict` where that is over, or is being taken back."""
    row = find_import(job.arguments["import"], locks=locks)
    if row.state != ImportState.RUNNING:
        raise Conflict(_("This import is over. Bring the file again."))
    return row


def undo_import(job: RunningJob) -> None:
    """Takes an import back: contacts that it made go, numbers that it added go, what it filled is empty again.

    What somebody has changed since stays, and is counted.
    """
    done = 0
    while True:
        with job.transaction():
            row = find_import(job.arguments["import"])
            query = select(ImportedContact).where(ImportedContact.import_id == row.id).order_by(ImportedContact.id)
            changes = db.session.scalars(query.limit(_AT_ONCE)).all()
            if not changes:
                row.state = ImportState.UNDONE
                job.note(_("Taken back. Contacts that were changed since and stay: %(count)s.", count=row.kept))
                # An import that stopped before its end has left its file.
                current_app.extensions["portal.storage"].delete(row.blob)
                return
            found = select(Contact).where(Contact.id.in_([change.contact_id for change in changes]))
            contacts = {each.id: each for each in db.session.scalars(found.options(selectinload(Contact.numbers)))}
            row.kept += sum(0 if _take_back(change, contacts.get(change.contact_id)) else 1 for change in changes)
            ids = [change.id for change in changes]
            db.session.flush()
            db.session.execute(delete(ImportedContact).where(ImportedContact.id.in_(ids)))
        done += len(changes)
        job.progress(done)


def _take_back(change: ImportedContact, contact: Contact | None) -> bool:
    if contact is None:
        return True
    if contact.version != change.version:
        return False
    if change.is_new:
        db.session.delete(contact)
        return True
    for name in change.filled:
        setattr(contact, name, _EMPTY[name])
    contact.version += 1
    contact.numbers = [row for row in contact.numbers if row.number not in change.numbers]
    return True


def _counted(row: ContactImport) -> str:
    return _(
        "New: %(added)s. Merged into contacts of the book: %(merged)s. Left out: %(wrong)s.",
        added=row.added,
        merged=row.merged,
        wrong=row.wrong,
    )


IMPORTING = JobKind(IMPORT, lambda: _("Import of contacts"), import_contacts, needs=Permission.MANAGE_CONTACTS)
UNDOING = JobKind(UNDO, lambda: _("Taking an import back"), undo_import, needs=Permission.MANAGE_CONTACTS)
