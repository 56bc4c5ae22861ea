"""The page of the call log."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.calls.feature import feature
from portal.calls.log.bar import filter_bar, log_url
from portal.calls.log.chart import bars
from portal.calls.log.filters import CallFilters, read_filters
from portal.calls.log.pages import LogPage, shown_page
from portal.calls.log.totals import LogTotals, counted_totals, kept_totals
from portal.calls.logged import LoggedCall
from portal.calls.panels import log_panels, log_tools
from portal.calls.saved.bar import opening_url, present_view, view_part
from portal.calls.saved.services import preference
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import Cursor, NewestFirst
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import zone


@feature.get("/calls", needs=Permission.SEE_CALLS)
def index() -> ResponseReturnValue:
    liked = preference(person_here().user_id)
    opening = opening_url(liked)
    if opening is not None:
        return htmx.go_to(opening)
    filters, notes = read_filters(request.args, zone())
    view, cursor = present_view(notes), _cursor(notes)
    calls = shown_page(filters, cursor)
    kept = {"view": str(view.id)} if view else {}
    return htmx.render(
        "calls/index.html",
        fragment="calls/_log.html",
        **view_part(filters, view, liked),
        **_page(filters, calls, kept),
        notes=notes,
        **_totals(filters, kept_totals(filters)),
        newest_url=log_url(filters, **kept) if cursor else None,
    )


@feature.get("/calls/totals", needs=Permission.SEE_CALLS)
def totals() -> ResponseReturnValue:
    filters, _notes = read_filters(request.args, zone())
    found = kept_totals(filters) or counted_totals(filters)
    return htmx.render("calls/totals.html", fragment="calls/_totals.html", **_totals(filters, found))


def _totals(filters: CallFilters, found: LogTotals | None) -> dict[str, Any]:
    """What `calls/_totals.html` shows; without `found` it fetches itself."""
    query = filters.query()
    return {
        "totals": found,
        "chart": bars(filters, found.columns) if found else [],
        # `from` is no name for an argument; the type checker sees the unpacked ones as url_for's own.
        "totals_url": url_for("calls.totals", **query),  # type: ignore[arg-type]
        "log_url": log_url(filters),
    }


def _page(filters: CallFilters, calls: LogPage[LoggedCall], kept: dict[str, str]) -> dict[str, Any]:
    return {
        "bar": filter_bar(filters),
        "calls": calls.rows,
        "looked_to": calls.looked_to,
        "panels": log_panels(calls.rows),
        "tools": log_tools(),
        "newer_url": log_url(filters, page=calls.previous, **kept) if calls.previous else None,
        "older_url": log_url(filters, page=calls.next, **kept) if calls.next else None,
    }


def _cursor(notes: list[str]) -> Cursor | None:
    text = request.args.get("page", "")
    cursor = NewestFirst.read(text) if text else None
    if text and cursor is None:
        notes.append(_("The address does not name a page of the log, so you see the newest calls."))
    return cursor
