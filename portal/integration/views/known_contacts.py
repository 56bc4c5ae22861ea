"""Known contacts: whom their calls ring and who is asked for it."""

from __future__ import annotations

from flask import Response, current_app, url_for
from flask.typing import ResponseReturnValue

from portal.integration.feature import feature
from portal.integration.known_contacts import PAGE, KnownContactsForm, known_contacts_page, typed_sources
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.routing.known_rules import known_contact_rules, set_known_contacts, undo_known_contacts
from portal.routing.queries import new_contact_group
from portal.web import htmx
from portal.web.access import Permission
from portal.webhooks.urls import check_url

FRAGMENT = "integration/_known_contacts.html"


@feature.get("/known-contacts", needs=Permission.SEE_INTEGRATION)
def known_contacts() -> ResponseReturnValue:
    return htmx.render(PAGE, fragment=FRAGMENT, **known_contacts_page())


@feature.post("/known-contacts", needs=Permission.MANAGE_INTEGRATION)
def save_known_contacts() -> ResponseReturnValue:
    form, sources = KnownContactsForm(), typed_sources()
    if not form.validate():
        return _refused(form, sources)
    new_contact_group(locks=True)
    if form.is_overtaken(KnownContactsForm.saved()):
        return _refused(form, sources, 409)
    try:
        set_known_contacts(
            form.mode.data,
            sources[1],
            owner_seconds=form.owner_seconds.data or 0,
            last_talk_hours=form.last_talk_hours.data or 0,
            budget_ms=form.budget_ms.data or 0,
            lookup_url=_url(form.lookup_url.data or ""),
        )
    except Refused as error:
        form.refuse(Refused(error.message, "lookup_url") if error.field == "url" else error)
        return _refused(form, sources)
    return _done(_("Saved."))


@feature.post("/known-contacts/undo", needs=Permission.MANAGE_INTEGRATION)
def undo_known_contacts_change() -> ResponseReturnValue:
    undo_known_contacts()
    return _done(_("The latest change was taken back."))


def _done(message: str) -> Response:
    context = known_contacts_page() if htmx.wants_fragment() else {}
    back, undo = url_for("integration.known_contacts"), url_for("integration.undo_known_contacts_change")
    return htmx.done(message, back_to=back, fragment=FRAGMENT, undo=undo, **context)


def _url(typed: str) -> str:
    """The URL, tried at the door where it is a new one."""
    text = typed.strip()
    if not text or text == known_contact_rules().lookup_url:
        return text
    check_url(current_app.extensions["portal.http"], text.replace("{number}", "1").replace("{line}", "1"))
    return text


def _refused(form: KnownContactsForm, sources: tuple[list[str], list[str]], status: int = 422) -> Response:
    return htmx.render(PAGE, fragment=FRAGMENT, status=status, **known_contacts_page(form, sources))
