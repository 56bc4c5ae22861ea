"""The trail as a CSV file, made in the background."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from portal.accounts.audit import audit
from portal.accounts.trail.models import AuditEntry
from portal.accounts.trail.queries import ORDER, TrailFilters, read_trail_filters, trail_page
from portal.accounts.trail.words import action_label, who_label
from portal.kernel import clock, jobs
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.jobs import Job, JobKind, RunningJob
from portal.web.access import Permission
from portal.web.filters import zone
from portal.web.spreadsheet import harmless

KIND = "audit-export"
_AT_ONCE = 1000


def begin_trail_export(filters: TrailFilters) -> Job:
    """Begins to write the entries of a choice into a file."""
    subject = ", ".join(filters.query().values()) or _("All entries")
    begun = jobs.begin(KIND, {"query": filters.query()}, subject=subject)
    audit("audit.export", subject, after={"job": begun.id})
    return begun


def export_trail(job: RunningJob) -> None:
    """Does it, page after page, each in a transaction of its own."""
    day = clock.now().astimezone(zone()).date()
    with job.result(f"{_('Audit')} {day}.csv", "text/csv; charset=utf-8") as result:
        text = io.TextIOWrapper(result, encoding="utf-8-sig", newline="", write_through=False)
        writer = csv.writer(text, delimiter=";" if language().locale.language == "ru" else ",", lineterminator="\r\n")
        writer.writerow(_headings())
        cursor, done = None, 0
        while True:
            with job.transaction(writes=False):
                page = trail_page(read_trail_filters(job.arguments["query"]), zone(), cursor, _AT_ONCE)
                rows = [_cells(entry) for entry in page.rows]
            writer.writerows(rows)
            done += len(rows)
            job.progress(done)
            if page.next is None:
                break
            cursor = ORDER.read(page.next)
        text.flush()
        text.detach()


def _headings() -> list[str]:
    return [_("No."), _("When"), _("Who"), _("From where"), _("What"), _("Of what"), _("Before"), _("After")]


def _cells(entry: AuditEntry) -> list[str]:
    at = entry.at.astimezone(zone())
    words = (who_label(entry.actor), entry.address or "", action_label(entry.action), entry.subject)
    facts = (_packed(entry.before), _packed(entry.after))
    return [str(entry.number), f"{at:%Y-%m-%d %H:%M:%S}", *(harmless(word) for word in (*words, *facts))]


def _packed(facts: dict[str, Any] | None) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True) if facts else ""


TRAIL_EXPORT = JobKind(KIND, lambda: _("Export of the audit"), export_trail, needs=Permission.EXPORT_AUDIT)
