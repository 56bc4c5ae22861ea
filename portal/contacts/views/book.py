"""The pages of the address book."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.contacts import pages, queries, services
from portal.contacts.feature import feature
from portal.contacts.forms import ContactForm
from portal.contacts.models import Contact
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import Cursor
from portal.web import htmx
from portal.web.access import Permission
from portal.web.forms import row_id


@feature.get("", needs=Permission.SEE_CALLS)
def index() -> ResponseReturnValue:
    part = request.args.get("q", "").replace("\0", "").strip()[:100]
    total = queries.contact_count()
    page = pages.contact_page(part, Cursor.decode(request.args.get("page", ""), 1))
    return htmx.render(
        "contacts/index.html",
        fragment="contacts/_contacts.html",
        found=page,
        part=part,
        total=total,
        is_more=total > queries.COUNTED,
        next_url=_page_url(part, page.next),
        previous_url=_page_url(part, page.previous),
    )


@feature.get("/new", needs=Permission.MANAGE_CONTACTS)
def new_contact() -> ResponseReturnValue:
    return _form_page(ContactForm.of(), None)


@feature.post("/new", needs=Permission.MANAGE_CONTACTS)
def add_contact() -> ResponseReturnValue:
    form = ContactForm.of()
    return _save(form, None, lambda: services.add_contact(**form.written()))


@feature.get("/<int:contact_id>", needs=Permission.SEE_CALLS)
def contact(contact_id: int) -> ResponseReturnValue:
    found = queries.find_contact(contact_id)
    return _form_page(ContactForm.of(found), found)


@feature.post("/<int:contact_id>", needs=Permission.MANAGE_CONTACTS)
def edit_contact(contact_id: int) -> ResponseReturnValue:
    found = queries.find_contact(contact_id)
    form = ContactForm.of(found)
    based_on = row_id(form.based_on.data)
    try:
        return _save(form, found, lambda: services.edit_contact(contact_id, **form.written(), based_on=based_on))
    except Conflict as error:
        # What is saved now stands beside what was typed; saving again means it.
        form.based_on.data = str(found.version)
        form.form_errors.append(error.message)
        return _form_page(form, found, status=409, present=found)


@feature.post("/<int:contact_id>/remove", needs=Permission.MANAGE_CONTACTS)
def remove_contact(contact_id: int) -> ResponseReturnValue:
    removed = services.remove_contact(contact_id)
    undo = url_for("contacts.restore_contact", removed_id=removed.id)
    message = _("%(name)s was deleted.", name=removed.shape["name"])
    return htmx.done(message, back_to=url_for("contacts.index"), undo=undo)


@feature.post("/removed/<int:removed_id>/restore", needs=Permission.MANAGE_CONTACTS)
def restore_contact(removed_id: int) -> ResponseReturnValue:
    contact = services.restore_contact(removed_id)
    back = url_for("contacts.contact", contact_id=contact.id)
    return htmx.done(_("%(name)s is back.", name=contact.name), back_to=back)


def _save(form: ContactForm, found: Contact | None, save: Callable[[], Contact]) -> Response:
    """Runs the service; what it refuses stands at its field, with all that was typed."""
    if not form.validate():
        return _form_page(form, found, status=422)
    try:
        saved = save()
    except Refused as error:
        form.refuse(error)
        return _form_page(form, found, status=422)
    return htmx.done(_("%(name)s was saved.", name=saved.name), back_to=url_for("contacts.index"))


def _form_page(form: ContactForm, found: Contact | None, status: int = 200, present: Contact | None = None) -> Response:
    context = {"form": form, "contact": found, "present": present}
    return htmx.render("contacts/contact.html", fragment="contacts/_contact_form.html", status=status, **context)


def _page_url(part: str, cursor: str | None) -> str | None:
    return url_for("contacts.index", q=part or None, page=cursor) if cursor else None
