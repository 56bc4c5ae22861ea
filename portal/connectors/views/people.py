"""The CRM's users: asked for, looked through, brought in, taken back."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.connectors.feature import feature
from portal.connectors.links import crm_link
from portal.connectors.making import connector_of
from portal.connectors.models import BringState
from portal.connectors.people.bringing import differences, find_bringing, keep_people, take, take_back
from portal.connectors.state import note_good, note_trouble
from portal.connectors.words import fate_word, trouble_word
from portal.contacts.services.crm_people import Fate
from portal.kernel.db import transaction
from portal.kernel.http import ServiceTrouble
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.kernel.tenancy import current_account_id
from portal.web import htmx
from portal.web.access import Permission


@feature.post("/users", needs=Permission.MANAGE_INTEGRATION, writes=False)
def look_at_users() -> ResponseReturnValue:
    """No transaction of ours is open for writing while the CRM thinks."""
    link = crm_link()
    if link is None:
        return htmx.go_to(url_for("connectors.index"))
    try:
        people = connector_of(current_app._get_current_object(), link).people()  # type: ignore[attr-defined]  # noqa: SLF001
    except ServiceTrouble as failure:
        with transaction(current_account_id()):
            note_trouble(failure)
        htmx.say(f"{trouble_word(failure.trouble)} {failure.detail}".strip(), "error")
        return htmx.go_to(url_for("connectors.index"))
    with transaction(current_account_id()):
        note_good()
        bringing_id = keep_people(people).id
    return htmx.go_to(url_for("connectors.users", bringing_id=bringing_id))


@feature.get("/users/<int:bringing_id>", needs=Permission.MANAGE_INTEGRATION)
def users(bringing_id: int) -> ResponseReturnValue:
    bringing = find_bringing(bringing_id)
    rows = [(each, fate_word(each.fate)) for each in differences(bringing)]
    return htmx.render(
        "connectors/users.html",
        bringing=bringing,
        is_open=bringing.state == BringState.PREVIEW,
        rows=[(each, word) for each, word in rows if each.fate is not Fate.SAME],
        same=sum(each.fate is Fate.SAME for each, _word in rows),
    )


@feature.post("/users/<int:bringing_id>", needs=Permission.MANAGE_INTEGRATION)
def bring_users(bringing_id: int) -> ResponseReturnValue:
    bringing = take(bringing_id, set(request.form.getlist("person")))
    count = len(bringing.done)
    message = ngettext("%(num)s CRM user was brought in.", "%(num)s CRM users were brought in.", count)
    if not count:
        return htmx.done(_("Nobody was chosen: nothing has changed."), back_to=url_for("connectors.index"))
    undo = url_for("connectors.take_back_users", bringing_id=bringing_id)
    return htmx.done(message, back_to=url_for("connectors.index"), undo=undo)


@feature.post("/users/<int:bringing_id>/undo", needs=Permission.MANAGE_INTEGRATION)
def take_back_users(bringing_id: int) -> ResponseReturnValue:
    kept = take_back(bringing_id)
    message = _("The CRM users are as they were.")
    if kept:
        message += " " + ngettext(
            "%(num)s of them has been changed since and stays.",
            "%(num)s of them have been changed since and stay.",
            kept,
        )
    return htmx.done(message, back_to=url_for("connectors.index"))
