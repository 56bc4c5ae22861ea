"""The way back out of a visit. The way in is on the operator's pages (`portal/admin`)."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.accounts.views.feature import feature
from portal.accounts.visits.services import end_visit
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@feature.post("/leave", needs=Permission.WAY_OUT)
def leave() -> ResponseReturnValue:
    """Also once its time is up: the bar of a page that still stands open leads home."""
    person = person_here()
    account_id = end_visit(person.session_id) if person.visitor is not None else None
    htmx.say(_("You are yourself again."), "success")
    if account_id is None:
        return htmx.go_to("/")
    return htmx.go_to(url_for("admin.company", account_id=account_id))
