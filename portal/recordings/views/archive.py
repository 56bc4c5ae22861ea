"""Asking for the records of a choice as one archive."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.calls.log.bar import filter_bar
from portal.calls.log.filters import read_filters
from portal.kernel.i18n import gettext as _
from portal.recordings.archive import begin_archive
from portal.recordings.feature import feature
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import zone


@feature.post("/calls/archive", needs=Permission.LISTEN)
def begin_to_pack() -> ResponseReturnValue:
    filters, _notes = read_filters(request.args, zone())
    subject = ", ".join(chip.label for chip in filter_bar(filters).chips) or _("All calls")
    begun = begin_archive(filters, subject)
    return htmx.done(_("The records are being packed."), back_to=url_for("jobs.job", job_id=begun.id))
