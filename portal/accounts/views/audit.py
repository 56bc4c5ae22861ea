"""«Журнал действий»: who did what, and the same as a file."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.trail.export import begin_trail_export
from portal.accounts.trail.facts import fact_label, fact_text
from portal.accounts.trail.queries import ORDER, TrailFilters, actors, read_trail_filters, trail_page
from portal.accounts.trail.words import action_label, things, who_label
from portal.accounts.views.feature import feature
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import zone

feature.add_app_template_filter(action_label, "action")
feature.add_app_template_filter(who_label, "who")
feature.add_app_template_filter(fact_label, "fact_name")
feature.add_app_template_filter(fact_text, "fact_text")


@feature.get("/audit", needs=Permission.SEE_AUDIT)
def audit() -> ResponseReturnValue:
    filters = read_trail_filters(request.args)
    page = trail_page(filters, zone(), ORDER.read(request.args.get("page", "")))
    known = things()
    return htmx.render(
        "accounts/audit.html",
        filters=filters,
        query=filters.query(),
        page=page,
        actors=actors(),
        # Two codes may have one word; the first stands for it.
        things=sorted({word: code for code, word in reversed(known.items())}.items()),
        next_url=_url(filters, page.next) if page.next else None,
        previous_url=_url(filters, page.previous) if page.previous else None,
    )


def _url(filters: TrailFilters, cursor: str) -> str:
    values: dict[str, Any] = {**filters.query(), "page": cursor}
    return url_for("accounts.audit", **values)


@feature.post("/audit/export", needs=Permission.EXPORT_AUDIT)
def export_audit() -> ResponseReturnValue:
    begun = begin_trail_export(read_trail_filters(request.form))
    return htmx.done(_("The export has begun."), back_to=url_for("jobs.job", job_id=begun.id))
