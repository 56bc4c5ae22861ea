"""All papers of a period in one archive, as a background job."""

from __future__ import annotations

from datetime import date
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile

from flask import current_app

from portal.accounts.audit import audit
from portal.invoicing.drawing.files import blob_of, file_name
from portal.invoicing.papers.models import Paper
from portal.invoicing.papers.queries import papers
from portal.kernel import jobs
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobKind, RunningJob
from portal.kernel.storage import BlobStore
from portal.web.access import Permission

KIND = "papers-archive"


def begin_archive(first: date, last: date) -> Job:
    """Begins to pack the papers issued from one day to another. Raises `Refused` where there are none."""
    if last < first:
        raise Refused(_("The last day is before the first one."), "last")
    if not papers(first, last):
        raise Refused(_("No papers were drawn up in these days."), "first")
    subject = f"{first:%d.%m.%Y} – {last:%d.%m.%Y}"
    job = jobs.begin(KIND, {"first": first.isoformat(), "last": last.isoformat()}, subject=subject)
    audit("papers.archive", subject, after={"job": job.id})
    return job


def pack(job: RunningJob) -> None:
    """Does it. PDF does not shrink: it is stored as it is."""
    first, last = date.fromisoformat(job.arguments["first"]), date.fromisoformat(job.arguments["last"])
    with job.transaction(writes=False):
        chosen = papers(first, last)
    if not chosen:
        raise NotFound(_("No papers were drawn up in these days."))
    name = f"{_('Papers')} {first} {last}.zip"
    with job.result(name, "application/zip") as result, ZipFile(result, "w", ZIP_STORED) as archive:
        for place, paper in enumerate(chosen):
            job.progress(place, len(chosen))
            with archive.open(file_name(paper), "w") as member:
                _copy(paper, member)  # type: ignore[arg-type]
    job.progress(len(chosen), len(chosen))


def _copy(paper: Paper, member: BinaryIO) -> None:
    storage: BlobStore = current_app.extensions["portal.storage"]
    member.writelines(storage.chunks(blob_of(paper)))


ARCHIVE = JobKind(KIND, lambda: _("Archive of papers"), pack, needs=Permission.EXPORT_MONEY)
