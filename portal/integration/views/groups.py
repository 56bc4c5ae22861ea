"""Further groups: others pass them the calls that they could not answer."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.integration.feature import feature
from portal.integration.groups import (
    LIST_PAGE,
    PAGE,
    GroupForm,
    NewGroupForm,
    group_page,
    groups_page,
    typed_members,
)
from portal.kernel.db import hold
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.routing import groups as services
from portal.routing.models import HuntGroup
from portal.routing.queries import NEW_CONTACTS, find_group
from portal.routing.undoing import undo_change
from portal.web import htmx
from portal.web.access import Permission

LIST_FRAGMENT = "integration/_groups.html"
FRAGMENT = "integration/_group.html"


@feature.get("/groups", needs=Permission.SEE_INTEGRATION)
def groups() -> ResponseReturnValue:
    return htmx.render(LIST_PAGE, fragment=LIST_FRAGMENT, **groups_page())


@feature.post("/groups", needs=Permission.MANAGE_INTEGRATION)
def add_group() -> ResponseReturnValue:
    form = NewGroupForm()
    try:
        group = services.add_group(form.name.data or "")
    except Refused as error:
        form.refuse(error)
        return htmx.render(LIST_PAGE, fragment=LIST_FRAGMENT, status=422, **groups_page(form))
    back = url_for("integration.group", group_id=group.id)
    return htmx.done(_("%(name)s was added. Choose who is in it.", name=group.name), back_to=back)


@feature.get("/groups/<int:group_id>", needs=Permission.SEE_INTEGRATION)
def group(group_id: int) -> ResponseReturnValue:
    return htmx.render(PAGE, fragment=FRAGMENT, **group_page(find_group(group_id)))


@feature.post("/groups/<int:group_id>", needs=Permission.MANAGE_INTEGRATION)
def save_group(group_id: int) -> ResponseReturnValue:
    found = find_group(group_id)
    form, members = GroupForm(found), typed_members()
    if not form.validate():
        return htmx.render(PAGE, fragment=FRAGMENT, status=422, **group_page(found, form, members))
    if form.is_overtaken(GroupForm.of(hold(found))):
        return htmx.render(PAGE, fragment=FRAGMENT, status=409, **group_page(found, form, members))
    try:
        services.change_group(group_id, form.name.data or "", members[1], **form.settings())
    except Refused as error:
        form.refuse(Refused(error.message, "ending") if error.field == "fallback_address" else error)
        return htmx.render(PAGE, fragment=FRAGMENT, status=422, **group_page(found, form, members))
    context = group_page(found) if htmx.wants_fragment() else {}
    back = url_for("integration.group", group_id=group_id)
    undo = url_for("integration.undo_group", group_id=group_id)
    return htmx.done(_("%(name)s was saved.", name=found.name), back_to=back, fragment=FRAGMENT, undo=undo, **context)


@feature.post("/groups/<int:group_id>/undo", needs=Permission.MANAGE_INTEGRATION)
def undo_group(group_id: int) -> ResponseReturnValue:
    """Of any group, that of new contacts included, whose parts stand on pages of their own."""
    undone = undo_change(group_id)
    again = url_for("integration.undo_group", group_id=group_id, back=request.args.get("back"))
    return htmx.done(_("The latest change was taken back."), back_to=_page_of(undone, request.args), undo=again)


@feature.post("/groups/<int:group_id>/remove", needs=Permission.MANAGE_INTEGRATION)
def remove_group(group_id: int) -> ResponseReturnValue:
    try:
        removed = services.remove_group(group_id)
    except Refused as error:
        return htmx.render(LIST_PAGE, fragment=LIST_FRAGMENT, status=409, **groups_page(problem=error.message))
    undo = url_for("integration.restore_group", group_id=group_id)
    return _done(_("%(name)s was removed.", name=removed.name), undo)


@feature.post("/groups/<int:group_id>/restore", needs=Permission.MANAGE_INTEGRATION)
def restore_group(group_id: int) -> ResponseReturnValue:
    try:
        restored = services.restore_group(group_id)
    except Refused as error:
        return htmx.render(LIST_PAGE, fragment=LIST_FRAGMENT, status=409, **groups_page(problem=error.message))
    return _done(_("%(name)s is back.", name=restored.name))


def _page_of(changed: HuntGroup, asked: Mapping[str, str]) -> str:
    if changed.name != NEW_CONTACTS:
        return url_for("integration.group", group_id=changed.id)
    if asked.get("back") == "fallbacks":
        return url_for("integration.fallbacks")
    anchor = "strategy" if asked.get("back") == "strategy" else "receivers"
    return url_for("integration.index", _anchor=anchor)


def _done(message: str, undo: str | None = None) -> Response:
    context = groups_page() if htmx.wants_fragment() else {}
    back = url_for("integration.groups")
    return htmx.done(message, back_to=back, fragment=LIST_FRAGMENT, undo=undo, **context)
