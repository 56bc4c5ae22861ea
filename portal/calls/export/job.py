"""The export itself: page after page of the log, as the page of the log reads it, into a file of the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Protocol

from portal.accounts.audit import audit
from portal.calls.export.csv_file import MEDIA_TYPE as CSV
from portal.calls.export.csv_file import CsvFile
from portal.calls.export.table import headings, row
from portal.calls.export.workbook import MEDIA_TYPE as XLSX
from portal.calls.export.workbook import Workbook
from portal.calls.log.filters import CallFilters, read_filters
from portal.calls.log.pages import call_page
from portal.calls.log.totals import kept_totals
from portal.kernel import clock, jobs
from portal.kernel.clock import monotonic
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.jobs import Job, JobKind, RunningJob
from portal.kernel.paging import NewestFirst
from portal.web.access import Permission
from portal.web.filters import zone

KIND = "calls-export"
_AT_ONCE = 1000
"""Calls of one query: each reads in a transaction of its own, so that no other waits for the whole export."""
MOST_COUNTED = 10_000
_SECONDS_OF_COUNTING = 0.7


class File(Protocol):
    """A format that is written row by row."""

    def __init__(self, file: BinaryIO, locale: str) -> None: ...

    def headings(self, words: Sequence[str]) -> None: ...

    def row(self, values: Sequence[Any]) -> None: ...

    def close(self) -> None: ...


FORMATS: Mapping[str, tuple[type[File], str]] = {"csv": (CsvFile, CSV), "xlsx": (Workbook, XLSX)}


def begin_export(filters: CallFilters, form: str, subject: str, count: int | None) -> Job:
    """Begins to export the calls of a choice as `csv` or `xlsx`. `count` is how many there are, where it is known."""
    begun = jobs.begin(KIND, {"query": filters.query(), "format": form, "count": count}, subject=subject)
    audit("calls.export", subject, after={"format": form, "job": begun.id})
    return begun


def count_calls(filters: CallFilters) -> int | None:
    """How many calls a choice has, from the totals that are kept or by counting.

    None where counting would take long or there are more than `MOST_COUNTED`.
    """
    kept = kept_totals(filters)
    if kept is not None:
        return kept.sums.calls
    count, cursor, give_up_at = 0, None, monotonic() + _SECONDS_OF_COUNTING
    while True:
        page = call_page(filters, cursor, _AT_ONCE)
        count += len(page.rows)
        if page.next is None:
            return count if count <= MOST_COUNTED else None
        if count >= MOST_COUNTED or monotonic() > give_up_at:
            return None
        cursor = NewestFirst.read(page.next)


def export_calls(job: RunningJob) -> None:
    """Does it."""
    make, media_type = FORMATS[job.arguments["format"]]
    total, done = job.arguments.get("count"), 0
    day = clock.now().astimezone(zone()).date()
    with job.result(f"{_('Calls')} {day}.{job.arguments['format']}", media_type) as result:
        file = make(result, language().code)
        file.headings(headings())
        for rows in _pages(job):
            for values in rows:
                file.row(values)
            done += len(rows)
            job.progress(done, total and max(total, done))
        file.close()
    job.progress(done, done)


def _pages(job: RunningJob) -> Iterator[list[list[Any]]]:
    """The rows of each page in turn; a page's calls are forgotten before the next one is read."""
    cursor = None
    while True:
        with job.transaction(writes=False):
            filters, _notes = read_filters(job.arguments["query"], zone())
            page = call_page(filters, cursor, _AT_ONCE)
            rows = [row(call) for call in page.rows]
        yield rows
        if page.next is None:
            return
        cursor = NewestFirst.read(page.next)


EXPORT = JobKind(KIND, lambda: _("Export of calls"), export_calls, needs=Permission.EXPORT)
