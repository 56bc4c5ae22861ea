"""Tags and the note of one call."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.calls.feature import feature
from portal.calls.models import CallRecord
from portal.calls.page import remark_part, the_call
from portal.calls.remarks.forms import ChooseTagForm, NoteForm
from portal.calls.remarks.on_calls import NoteChanged, tag_call, untag_call, write_note
from portal.kernel.db import db
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@feature.post("/calls/<string(length=32):api_call_id>/tags", needs=Permission.WORK_CALLS)
def add_call_tag(api_call_id: str) -> ResponseReturnValue:
    call = the_call(api_call_id)
    tag = tag_call(call, ChooseTagForm().chosen)
    return _done(_("Tagged “%(name)s”.", name=tag.name), call)


@feature.post("/calls/<string(length=32):api_call_id>/tags/<int:tag_id>/remove", needs=Permission.WORK_CALLS)
def remove_call_tag(api_call_id: str, tag_id: int) -> ResponseReturnValue:
    call = the_call(api_call_id)
    tag = untag_call(call, tag_id)
    undo = url_for(".restore_call_tag", api_call_id=api_call_id, tag_id=tag_id)
    return _done(_("The tag “%(name)s” was taken off.", name=tag.name), call, undo=undo)


@feature.post("/calls/<string(length=32):api_call_id>/tags/<int:tag_id>/restore", needs=Permission.WORK_CALLS)
def restore_call_tag(api_call_id: str, tag_id: int) -> ResponseReturnValue:
    call = the_call(api_call_id)
    tag = tag_call(call, tag_id)
    return _done(_("Tagged “%(name)s”.", name=tag.name), call)


@feature.post("/calls/<string(length=32):api_call_id>/note", needs=Permission.WORK_CALLS)
def save_note(api_call_id: str) -> ResponseReturnValue:
    call, form = the_call(api_call_id), NoteForm()
    try:
        write_note(call, form.text.data or "", person_here().name, form.based_on)
    except NoteChanged as error:
        present = {"text": error.present.text, "by": error.present.by, "at": error.present.at}
        form.version.data = str(error.present.version)
        return _refused(call, 409, note_form=form, other_note=present)
    except Refused as error:
        form.refuse(error)
        return _refused(call, 422, note_form=form)
    return _done(_("The note was saved."), call)


def _done(message: str, call: CallRecord, undo: str | None = None) -> ResponseReturnValue:
    db.session.flush()
    return htmx.done(
        message,
        back_to=url_for(".call", api_call_id=call.api_call_id),
        fragment="calls/_remarks.html",
        undo=undo,
        **remark_part(call),
    )


def _refused(call: CallRecord, status: int, **shown: Any) -> ResponseReturnValue:
    """The page with what was typed: nothing of it is lost."""
    return htmx.render("calls/remark.html", fragment="calls/_remarks.html", status=status, **remark_part(call) | shown)
