"""The records of a choice of calls as one ZIP, made in the background with flat memory. What is missing is told."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from flask import current_app

from portal.accounts.audit import audit
from portal.calls.log.filters import CallFilters, read_filters
from portal.calls.log.pages import call_page
from portal.kernel import clock, jobs
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.kernel.jobs import Job, JobKind, RunningJob
from portal.kernel.paging import NewestFirst
from portal.kernel.storage import BlobStore
from portal.recordings.hearing import note_packed
from portal.recordings.models import RecordingState
from portal.recordings.names import name_for_people
from portal.recordings.queries import recordings_of
from portal.web.access import Permission
from portal.web.filters import size, zone

KIND = "records-archive"
MOST_OCTETS = 10 * 1024**3
_AT_ONCE = 500
_NEEDS_ZIP64 = 1 << 31


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A record that belongs into the archive."""

    recording_id: int
    blob: str
    octets: int
    name: str
    began: datetime
    """When the call began, in the account's zone: archives know no zones."""


def begin_archive(filters: CallFilters, subject: str) -> Job:
    """Begins to pack the records of a choice."""
    begun = jobs.begin(KIND, {"query": filters.query()}, subject=subject)
    audit("records.archive", subject, after={"job": begun.id})
    return begun


def pack(job: RunningJob) -> None:
    """Does it. Refuses a choice without a record, and one of more than `MOST_OCTETS`."""
    count, octets = 0, 0
    for record in _wanted(job):
        job.check()
        count, octets = count + 1, octets + record.octets
    if not count:
        raise Refused(_("No call of this choice has a record."))
    if octets > MOST_OCTETS:
        sizes = {"whole": size(octets), "most": size(MOST_OCTETS)}
        raise Refused(_("These records are %(whole)s together, more than %(most)s: choose less.", **sizes))
    day = clock.now().astimezone(zone()).date()
    with job.result(f"{_('Records')} {day}.zip", "application/zip") as file:
        missing = _write(job, file, count)
    if missing:
        job.note(
            ngettext(
                "%(num)s record is missing: see the list inside.",
                "%(num)s records are missing: see the list inside.",
                len(missing),
            )
        )


def _write(job: RunningJob, file: BinaryIO, count: int) -> list[str]:
    """Answers the names of those that could not be found."""
    missing: list[str] = []
    packed: list[int] = []
    names: set[str] = set()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for done, record in enumerate(_wanted(job)):
            job.progress(done, max(count, done))
            name = _free(record.name, names)
            if _add(job, archive, record, name):
                packed.append(record.recording_id)
            else:
                missing.append(name)
        if missing:
            listed = "\r\n".join([_("These records could not be found:"), *missing, ""])
            archive.writestr(_("missing.txt"), listed.encode("utf-8-sig"))
    for first in range(0, len(packed), _AT_ONCE):
        with job.transaction():
            note_packed(packed[first : first + _AT_ONCE], job.id)
    job.progress(count, count)
    return missing


def _add(job: RunningJob, archive: zipfile.ZipFile, record: _Wanted, name: str) -> bool:
    storage: BlobStore = current_app.extensions["portal.storage"]
    chunks = storage.chunks(record.blob)
    try:
        first = next(chunks, b"")
    except FileNotFoundError:
        return False
    about = zipfile.ZipInfo(name, date_time=record.began.timetuple()[:6])
    with archive.open(about, "w", force_zip64=record.octets >= _NEEDS_ZIP64) as entry:
        entry.write(first)
        for chunk in chunks:
            job.check()
            entry.write(chunk)
    return True


def _free(name: str, names: set[str]) -> str:
    """The name, with a number where another record has it already."""
    stem, _dot, ending = name.rpartition(".")
    number, free = 1, name
    while free in names:
        number += 1
        free = f"{stem} ({number}).{ending}"
    names.add(free)
    return free


def _wanted(job: RunningJob) -> Iterator[_Wanted]:
    """The records of the choice, page after page of the log."""
    cursor = None
    while True:
        with job.transaction(writes=False):
            filters, _notes = read_filters(job.arguments["query"] | {"record": "yes"}, zone())
            page = call_page(filters, cursor, _AT_ONCE)
            known = recordings_of(page.rows)
            found = [
                _Wanted(
                    record.id,
                    record.blob,
                    record.octets,
                    name_for_people(call, record),
                    call.started_at.astimezone(zone()),
                )
                for call in page.rows
                if (record := known.get(call.id)) and record.state == RecordingState.READY and record.blob
            ]
        yield from found
        if page.next is None:
            return
        cursor = NewestFirst.read(page.next)


ARCHIVE = JobKind(KIND, lambda: _("Archive of records"), pack, needs=Permission.LISTEN)
