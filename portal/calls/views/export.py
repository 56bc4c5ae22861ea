"""Asking for the call log as a file."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.calls.export.job import FORMATS, MOST_COUNTED, begin_export, count_calls
from portal.calls.feature import feature
from portal.calls.log.bar import filter_bar, log_url
from portal.calls.log.filters import read_filters
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import zone


@feature.get("/calls/export", needs=Permission.EXPORT)
def export() -> ResponseReturnValue:
    filters, notes = read_filters(request.args, zone())
    return htmx.render(
        "calls/export.html",
        chips=filter_bar(filters).chips,
        query=filters.query(),
        notes=notes,
        count=count_calls(filters),
        most=MOST_COUNTED,
        log_url=log_url(filters),
    )


@feature.post("/calls/export", needs=Permission.EXPORT)
def begin_to_export() -> ResponseReturnValue:
    filters, _notes = read_filters(request.args, zone())
    form = request.form.get("format", "xlsx")
    if form not in FORMATS:
        raise Refused(_("Choose CSV or Excel."))
    subject = ", ".join(chip.label for chip in filter_bar(filters).chips) or _("All calls")
    begun = begin_export(filters, form, subject, count_calls(filters))
    return htmx.done(_("The export has begun."), back_to=url_for("jobs.job", job_id=begun.id))
