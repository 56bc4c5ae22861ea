"""Calls that the CRM has not taken: told once more."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.connectors.feature import feature
from portal.connectors.telling.services import write_again, write_all_again
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.web import htmx
from portal.web.access import Permission


@feature.post("/calls/<string(length=32):api_call_id>", needs=Permission.MANAGE_INTEGRATION)
def write_call_again(api_call_id: str) -> ResponseReturnValue:
    write_again(api_call_id)
    return htmx.done(_("The CRM is told again."), back_to=url_for("calls.call", api_call_id=api_call_id))


@feature.post("/calls", needs=Permission.MANAGE_INTEGRATION)
def write_calls_again() -> ResponseReturnValue:
    count = write_all_again()
    message = ngettext("The CRM is told of %(num)s call again.", "The CRM is told of %(num)s calls again.", count)
    return htmx.done(message, back_to=url_for("connectors.index"))
