"""The account's list of tags."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.calls.feature import feature
from portal.calls.remarks import tags as services
from portal.calls.remarks.forms import ChooseTagForm, TagForm
from portal.calls.remarks.models import CallTag
from portal.kernel.db import hold
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/calls/tags", needs=Permission.MANAGE_CALLS)
def tag_list() -> ResponseReturnValue:
    return htmx.render("calls/tags.html", fragment="calls/_tags.html", **_part())


@feature.post("/calls/tags", needs=Permission.MANAGE_CALLS)
def add_tag() -> ResponseReturnValue:
    form = TagForm()
    try:
        tag = services.add_tag(form.name.data or "", form.tone.data or "")
    except Refused as error:
        form.refuse(error)
        return htmx.render("calls/tags.html", fragment="calls/_tags.html", status=422, **_part(form))
    return _done(_("The tag “%(name)s” was added.", name=tag.name))


@feature.get("/calls/tags/<int:tag_id>", needs=Permission.MANAGE_CALLS)
def tag(tag_id: int) -> ResponseReturnValue:
    found = services.find_tag(tag_id)
    return _tag_page(found, TagForm.of(found))


@feature.post("/calls/tags/<int:tag_id>", needs=Permission.MANAGE_CALLS)
def edit_tag(tag_id: int) -> ResponseReturnValue:
    form, found = TagForm().offering(), hold(services.find_tag(tag_id))
    if form.is_overtaken(TagForm.of(found)):
        return _tag_page(found, form, 409)
    try:
        services.edit_tag(tag_id, form.name.data or "", form.tone.data or "")
    except Refused as error:
        form.refuse(error)
        return _tag_page(found, form, 422)
    return _done(_("The tag “%(name)s” was saved.", name=found.name))


@feature.post("/calls/tags/<int:tag_id>/remove", needs=Permission.MANAGE_CALLS)
def remove_tag(tag_id: int) -> ResponseReturnValue:
    found = services.remove_tag(tag_id)
    return _done(_("The tag “%(name)s” was removed.", name=found.name), undo=_undo(tag_id))


@feature.post("/calls/tags/<int:tag_id>/merge", needs=Permission.MANAGE_CALLS)
def merge_tag(tag_id: int) -> ResponseReturnValue:
    found = services.find_tag(tag_id)
    services.merge_tags(found.id, ChooseTagForm().chosen)
    return _done(_("The calls of “%(name)s” have the other tag now.", name=found.name), undo=_undo(tag_id))


@feature.post("/calls/tags/<int:tag_id>/restore", needs=Permission.MANAGE_CALLS)
def restore_tag(tag_id: int) -> ResponseReturnValue:
    return _done(_("The tag “%(name)s” is back.", name=services.restore_tag(tag_id).name))


def _tag_page(found: CallTag, form: TagForm, status: int = 200) -> ResponseReturnValue:
    return htmx.render("calls/tag.html", status=status, tag=found, form=form, choose=ChooseTagForm.besides(found.id))


def _undo(tag_id: int) -> str:
    return url_for(".restore_tag", tag_id=tag_id)


def _done(message: str, undo: str | None = None) -> ResponseReturnValue:
    return htmx.done(message, back_to=url_for(".tag_list"), fragment="calls/_tags.html", undo=undo, **_part())


def _part(form: TagForm | None = None) -> dict[str, Any]:
    return {
        "tags": services.tags(),
        "counts": services.tag_counts(),
        "form": form.offering() if form else TagForm.of(),
    }
