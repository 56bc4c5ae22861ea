"""Saved views of the log: their list, and what people do with them; the columns that each person sees."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.calls.feature import feature
from portal.calls.log.filters import read_filters
from portal.calls.log.periods import moving, period_of
from portal.calls.saved import services
from portal.calls.saved.bar import view_url, viewer
from portal.calls.saved.columns import known
from portal.calls.saved.forms import ColumnsForm, ViewForm
from portal.calls.saved.models import SavedView
from portal.kernel.db import hold
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import zone
from portal.web.security import is_own_path


@feature.get("/calls/views", needs=Permission.SEE_CALLS)
def view_list() -> ResponseReturnValue:
    me = viewer()
    liked = services.preference(me.user_id)
    return htmx.render(
        "calls/views.html",
        views=[(view, view_url(view)) for view in services.views_of(me.user_id)],
        me=me,
        default_id=liked.default_view_id if liked else None,
    )


@feature.post("/calls/views", needs=Permission.SEE_CALLS)
def save_view() -> ResponseReturnValue:
    form = ViewForm()
    filters, _notes = read_filters(dict(parse_qsl(form.query.data or "")), zone())
    query = moving(filters) if form.moves.data else filters.query()
    columns = services.columns_of(person_here().user_id) if form.keeps_columns.data else None
    try:
        view = services.save_view(viewer(), form.name.data or "", query, columns, is_shared=form.is_shared.data)
    except Refused as error:
        form.period = period_of(filters)
        form.refuse(error)
        return _refused(form)
    return htmx.done(_("The view “%(name)s” was saved.", name=view.name), back_to=view_url(view))


@feature.get("/calls/views/<int:view_id>", needs=Permission.SEE_CALLS)
def edit_view_form(view_id: int) -> ResponseReturnValue:
    view = services.find_view(view_id, person_here().user_id)
    return htmx.render("calls/view.html", form=ViewForm.of(view), view=view)


@feature.post("/calls/views/<int:view_id>", needs=Permission.SEE_CALLS)
def edit_view(view_id: int) -> ResponseReturnValue:
    form, found = ViewForm(), services.find_view(view_id, person_here().user_id)
    if form.is_overtaken(ViewForm.of(hold(found))):
        return _refused(form, found, status=409)
    try:
        view = services.edit_view(viewer(), view_id, form.name.data or "", is_shared=form.is_shared.data)
    except Refused as error:
        form.refuse(error)
        return _refused(form, found)
    return _done(_("The view “%(name)s” was saved.", name=view.name))


@feature.post("/calls/views/<int:view_id>/remove", needs=Permission.SEE_CALLS)
def remove_view(view_id: int) -> ResponseReturnValue:
    view = services.remove_view(viewer(), view_id)
    undo = url_for(".restore_view", view_id=view_id)
    return _done(_("The view “%(name)s” was removed.", name=view.name), undo=undo)


@feature.post("/calls/views/<int:view_id>/restore", needs=Permission.SEE_CALLS)
def restore_view(view_id: int) -> ResponseReturnValue:
    return _done(_("The view “%(name)s” is back.", name=services.restore_view(viewer(), view_id).name))


@feature.post("/calls/views/<int:view_id>/default", needs=Permission.SEE_CALLS)
def open_with_view(view_id: int) -> ResponseReturnValue:
    view = services.set_default(person_here().user_id, view_id)
    return _done(_("The log opens with “%(name)s”.", name=view.name if view else ""))


@feature.post("/calls/views/default/clear", needs=Permission.SEE_CALLS)
def open_with_all() -> ResponseReturnValue:
    services.set_default(person_here().user_id, None)
    return _done(_("The log opens with every call."))


@feature.post("/calls/columns", needs=Permission.SEE_CALLS)
def set_columns() -> ResponseReturnValue:
    form = ColumnsForm()
    services.set_columns(person_here().user_id, known(form.columns.data or []), is_dense=form.is_dense.data)
    back = request.form.get("back", "")
    return htmx.done(_("The log shows what you chose."), back_to=back if is_own_path(back) else url_for(".index"))


def _refused(form: ViewForm, view: SavedView | None = None, status: int = 422) -> ResponseReturnValue:
    return htmx.render("calls/view.html", fragment="calls/_view_form.html", status=status, form=form, view=view)


def _done(message: str, undo: str | None = None) -> ResponseReturnValue:
    return htmx.done(message, back_to=url_for(".view_list"), undo=undo)
