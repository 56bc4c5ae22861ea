"""The address book as a file, in the background: CSV as a spreadsheet of the reader's language opens it, or vCard."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal.accounts.audit import audit
from portal.contacts.exchange.reading import written_number
from portal.contacts.exchange.vcard import write_card
from portal.contacts.models import Contact
from portal.kernel import clock, jobs, phone
from portal.kernel.db import db
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.jobs import Job, JobKind, RunningJob
from portal.web.access import Permission

EXPORT = "contacts-export"
FORMATS = {"csv": "text/csv; charset=utf-8", "vcf": "text/vcard; charset=utf-8"}
_AT_ONCE = 1000
_BEGINS_A_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""OWASP, CSV Injection."""


def begin_export(form: str) -> Job:
    """Begins to write the whole book as `csv` or `vcf`."""
    begun = jobs.begin(EXPORT, {"format": form}, subject=form)
    audit("contacts.export", form, after={"job": begun.id})
    return begun


def export_contacts(job: RunningJob) -> None:
    """Does it, with flat memory."""
    form, done = job.arguments["format"], 0
    delimiter = ";" if language().code == "ru" else ","
    with job.result(f"{_('Address book')} {clock.now():%Y-%m-%d}.{form}", FORMATS[form]) as file:
        if form == "csv":
            heads = [_("Name"), _("Company"), _("Phone numbers"), _("Looked after by"), _("Note")]
            file.write(b"\xef\xbb\xbf" + _line(heads, delimiter))
        for contacts in _pages(job):
            file.write(b"".join(_card(each) if form == "vcf" else _line(_cells(each), delimiter) for each in contacts))
            done += len(contacts)
            job.progress(done)
    job.progress(done, done)


def _pages(job: RunningJob) -> Iterator[Sequence[Contact]]:
    last = 0
    while True:
        with job.transaction(writes=False):
            query = select(Contact).where(Contact.id > last).order_by(Contact.id).limit(_AT_ONCE)
            found = db.session.scalars(query.options(selectinload(Contact.numbers), joinedload(Contact.crm_user))).all()
        if not found:
            return
        yield found
        last = found[-1].id


def _card(contact: Contact) -> bytes:
    numbers = [row.number for row in contact.numbers]
    return write_card(contact.name, contact.company, contact.note, numbers).encode()


def _cells(contact: Contact) -> list[str]:
    numbers = ", ".join(written(row.number) for row in contact.numbers)
    owner = contact.crm_user.name if contact.crm_user else ""
    return [contact.name, contact.company, numbers, owner, contact.note]


def written(number: str) -> str:
    """`44-20-7946-0958`: with dashes and without a plus, so that a spreadsheet neither reckons it nor writes 4,4E+11.

    Where our own import would take that for another number (`423-222-33-44` is one of Vladivostok too), the plus stays.
    """
    dashed = phone.display(number).replace(" ", "-")
    bare = dashed.lstrip("+")
    try:
        return bare if phone.normalise(written_number(bare)) == number else dashed
    except Refused:
        return dashed


def _line(cells: Sequence[str], delimiter: str) -> bytes:
    text = io.StringIO()
    harmless = [
        f"'{cell}" if cell.lstrip(" \u00a0")[:1] in _BEGINS_A_FORMULA and cell.strip() else cell for cell in cells
    ]
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(harmless)
    return text.getvalue().encode()


EXPORTING = JobKind(EXPORT, lambda: _("Export of the address book"), export_contacts, needs=Permission.EXPORT)
