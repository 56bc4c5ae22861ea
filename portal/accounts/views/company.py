"""«Компания»: the time zone in which its days are counted, and whom the provider may ask."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.accounts.company import moving, persons
from portal.accounts.company.forms import ContactPersonForm, ZoneForm, matter_word
from portal.accounts.company.models import ContactPerson
from portal.accounts.services import find_account
from portal.accounts.views.feature import feature
from portal.kernel.db import hold
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_account_id
from portal.web import htmx
from portal.web.access import Permission

feature.add_app_template_filter(matter_word, "matter")


@feature.get("/company", needs=Permission.MANAGE_COMPANY)
def company() -> ResponseReturnValue:
    return _page(ZoneForm.of(find_account(current_account_id()).time_zone))


@feature.post("/company/time-zone", needs=Permission.MANAGE_COMPANY)
def change_time_zone() -> ResponseReturnValue:
    present = hold(find_account(current_account_id())).time_zone
    form = ZoneForm().offering(present)
    if form.is_overtaken(ZoneForm.of(present)):
        return _page(form, 409)
    if not form.validate():
        return _page(form, 422)
    try:
        begun = moving.begin_to_move(form.time_zone.data)
    except (Refused, Conflict) as error:
        form.refuse(Refused(error.message, "time_zone"))
        return _page(form, 409 if isinstance(error, Conflict) else 422)
    if begun is None:
        return htmx.done(_("This is the time zone already."), back_to=url_for("accounts.company"))
    return htmx.done(_("The days are being counted anew."), back_to=url_for("jobs.job", job_id=begun.id))


@feature.get("/company/persons/new", needs=Permission.MANAGE_COMPANY)
def new_contact_person() -> ResponseReturnValue:
    return _person_page(ContactPersonForm.of())


@feature.post("/company/persons/new", needs=Permission.MANAGE_COMPANY)
def add_contact_person() -> ResponseReturnValue:
    form = ContactPersonForm().offering()
    if not form.validate():
        return _person_page(form, status=422)
    try:
        person = persons.add_contact_person(form.facts)
    except Refused as error:
        form.refuse(error)
        return _person_page(form, status=422)
    return _done(_("%(name)s is a contact person now.", name=person.name))


@feature.get("/company/persons/<int:person_id>", needs=Permission.MANAGE_COMPANY)
def contact_person(person_id: int) -> ResponseReturnValue:
    found = persons.find_contact_person(person_id)
    return _person_page(ContactPersonForm.of(found), found)


@feature.post("/company/persons/<int:person_id>", needs=Permission.MANAGE_COMPANY)
def edit_contact_person(person_id: int) -> ResponseReturnValue:
    form, found = ContactPersonForm().offering(), hold(persons.find_contact_person(person_id))
    if form.is_overtaken(ContactPersonForm.of(found)):
        return _person_page(form, found, 409)
    if not form.validate():
        return _person_page(form, found, 422)
    try:
        persons.edit_contact_person(person_id, form.facts)
    except Refused as error:
        form.refuse(error)
        return _person_page(form, found, 422)
    return _done(_("Saved."))


@feature.post("/company/persons/<int:person_id>/remove", needs=Permission.MANAGE_COMPANY)
def remove_contact_person(person_id: int) -> ResponseReturnValue:
    found = persons.remove_contact_person(person_id)
    undo = url_for("accounts.restore_contact_person", person_id=person_id)
    return _done(_("%(name)s is no contact person any more.", name=found.name), undo)


@feature.post("/company/persons/<int:person_id>/restore", needs=Permission.MANAGE_COMPANY)
def restore_contact_person(person_id: int) -> ResponseReturnValue:
    return _done(_("%(name)s is a contact person again.", name=persons.restore_contact_person(person_id).name))


def _done(message: str, undo: str | None = None) -> ResponseReturnValue:
    return htmx.done(message, back_to=url_for("accounts.company"), undo=undo)


def _page(form: ZoneForm, status: int = 200) -> ResponseReturnValue:
    account = find_account(current_account_id())
    return htmx.render(
        "accounts/company.html",
        status=status,
        form=form,
        entered=account,
        move=moving.find_move(),
        persons=persons.contact_persons(),
    )


def _person_page(
    form: ContactPersonForm, person: ContactPerson | None = None, status: int = 200
) -> ResponseReturnValue:
    return htmx.render("accounts/contact_person.html", status=status, form=form, contact=person)
