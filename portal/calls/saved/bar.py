"""What the log shows of views: those to choose from, the present one, its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

from portal.accounts.door import person_here
from portal.calls.log.bar import EVERY_CALL, log_url
from portal.calls.log.filters import CallFilters, read_filters
from portal.calls.log.periods import dated, period_of
from portal.calls.saved.columns import shown
from portal.calls.saved.forms import ColumnsForm, ViewForm
from portal.calls.saved.models import LogPreference, SavedView
from portal.calls.saved.services import Viewer, default_view, find_view, views_of
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.web.access import Permission
from portal.web.filters import zone
from portal.web.forms import row_id


@dataclass(frozen=True, slots=True)
class ViewTab:
    """A view at a click."""

    label: str
    url: str
    is_current: bool


def viewer() -> Viewer:
    """The person of this request."""
    person = person_here()
    return Viewer(person.user_id, Permission.MANAGE_CALLS in person.permissions)


def view_url(view: SavedView) -> str:
    """The log as the view has it."""
    here = zone()
    filters, _notes = read_filters(dated(view.query, here), here)
    return log_url(filters, view=str(view.id))


def opening_url(liked: LogPreference | None) -> str | None:
    """Where a person goes who opens the log by its bare address and has chosen a view for that."""
    if request.args:
        return None
    view = default_view(liked)
    return view_url(view) if view else None


def present_view(notes: list[str]) -> SavedView | None:
    """The view that the address names, if it is one of this person's."""
    text = request.args.get("view", "")
    if not text or text == EVERY_CALL:
        return None
    try:
        view = find_view(row_id(text) or 0, person_here().user_id)
    except NotFound:
        view = None
    if view is None or view.removed_at is not None:
        notes.append(_("The view that the address names is not there any more."))
        return None
    return view


def view_part(filters: CallFilters, view: SavedView | None, liked: LogPreference | None) -> dict[str, Any]:
    """What `calls/_views.html` and the table show, as the person likes the log."""
    query = filters.query()
    columns = view.columns if view is not None and view.columns is not None else liked.columns if liked else None
    return {
        "view_tabs": [
            ViewTab(each.name, view_url(each), view is not None and each.id == view.id)
            for each in views_of(person_here().user_id)
        ],
        "view": view,
        "view_form": ViewForm.new(urlencode(query), period_of(filters)) if query else None,
        "columns_form": ColumnsForm.of(liked),
        "shown": shown(columns),
        "is_dense": bool(liked and liked.is_dense),
        "here": log_url(filters, **({"view": str(view.id)} if view else {})),
    }
