"""The blacklist: on its own page, and from the page of a call."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

from portal.integration.feature import feature
from portal.kernel import phone
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.routing import blacklist as numbers
from portal.web import htmx
from portal.web.access import Permission
from portal.web.forms import BaseForm

PAGE = "integration/blacklist.html"
FRAGMENT = "integration/_blacklist.html"


class BlockForm(BaseForm):
    """A number that is to be refused, and why."""

    number = StringField(_l("Number"), render_kw={"inputmode": "tel", "autocomplete": "off", "maxlength": "40"})
    note = StringField(_l("Note"), render_kw={"autocomplete": "off", "maxlength": "200"})


@feature.get("/blacklist", needs=Permission.SEE_INTEGRATION)
def blacklist() -> ResponseReturnValue:
    return htmx.render(PAGE, fragment=FRAGMENT, **_page())


@feature.post("/blacklist", needs=Permission.MANAGE_INTEGRATION)
def block_number() -> ResponseReturnValue:
    form = BlockForm()
    try:
        entry = numbers.block_number(form.number.data or "", form.note.data or "")
    except Refused as error:
        form.refuse(error)
        return htmx.render(PAGE, fragment=FRAGMENT, status=422, **_page(form))
    undo = url_for("integration.unblock_number", entry_id=entry.id)
    return _done(_("Calls from %(number)s are refused.", number=phone.display(entry.number)), undo)


@feature.post("/blacklist/<int:entry_id>/remove", needs=Permission.MANAGE_INTEGRATION)
def unblock_number(entry_id: int) -> ResponseReturnValue:
    entry = numbers.unblock_number(entry_id)
    undo = url_for("integration.block_again", entry_id=entry_id)
    return _done(_("Calls from %(number)s are let in again.", number=phone.display(entry.number)), undo)


@feature.post("/blacklist/<int:entry_id>/restore", needs=Permission.MANAGE_INTEGRATION)
def block_again(entry_id: int) -> ResponseReturnValue:
    entry = numbers.block_again(entry_id)
    return _done(_("Calls from %(number)s are refused.", number=phone.display(entry.number)))


def _page(form: BlockForm | None = None) -> dict[str, Any]:
    return {"entries": numbers.blacklist(), "form": form or BlockForm(formdata=None)}


def _done(message: str, undo: str | None = None) -> Response:
    """Back to the page of the call that it was done from, or to the list."""
    call = request.form.get("call", "")
    if len(call) == 32 and call.isalnum():
        return htmx.done(message, back_to=url_for("calls.call", api_call_id=call), undo=undo)
    context = _page() if htmx.wants_fragment() else {}
    return htmx.done(message, back_to=url_for("integration.blacklist"), fragment=FRAGMENT, undo=undo, **context)
