"""The address book: who calls from which number, and which CRM user looks after them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.contacts.exchange.models import RemovedContact
from portal.contacts.models import Contact, ContactNumber, CrmUser
from portal.contacts.queries import find_contact
from portal.contacts.services.crm_users import clean_name, find_crm_user
from portal.kernel import phone
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _

LONGEST_COMPANY = 200
LONGEST_NOTE = 2000
MOST_NUMBERS = 20


def add_contact(
    name: str, numbers: Sequence[str], *, company: str = "", note: str = "", crm_user_id: int | None = None
) -> Contact:
    """A new contact; `numbers` as people write them. Raises `Refused` with the field that is wrong."""
    contact = Contact()
    _write(contact, name, numbers, company, note, crm_user_id)
    db.session.add(contact)
    db.session.flush()
    audit("contact.add", contact.name, after=_shape(contact))
    return contact


def edit_contact(
    contact_id: int,
    name: str,
    numbers: Sequence[str],
    *,
    company: str = "",
    note: str = "",
    crm_user_id: int | None = None,
    based_on: int | None = None,
) -> Contact:
    """Everything about a contact anew. `based_on` is the version that the person saw.

    Raises `NotFound`, `Refused` with the field that is wrong, `Conflict` where somebody else changed it meanwhile.
    """
    contact = find_contact(contact_id, locks=True)
    if based_on is not None and based_on != contact.version:
        raise Conflict(_("Somebody else has changed this contact meanwhile. Nothing was saved yet."))
    before = _shape(contact)
    contact.version += 1
    _write(contact, name, numbers, company, note, crm_user_id)
    db.session.flush()
    db.session.expire(contact, ["crm_user"])
    audit("contact.edit", contact.name, before=before, after=_shape(contact))
    return contact


def remove_contact(contact_id: int) -> RemovedContact:
    """Takes a contact and its numbers out of the book; `restore_contact` takes that back. Raises `NotFound`."""
    contact = find_contact(contact_id, locks=True)
    removed = RemovedContact(shape=_shape(contact))
    db.session.add(removed)
    audit("contact.remove", contact.name, before=removed.shape)
    db.session.delete(contact)
    db.session.flush()
    return removed


def restore_contact(removed_id: int) -> Contact:
    """The contact as it was, but for a CRM user who has gone since. Raises `NotFound`, `Conflict` where it is back
    already, `Refused` where a number leads to somebody else by now.
    """
    removed = db.session.get(RemovedContact, removed_id, with_for_update=True)
    if removed is None:
        raise NotFound
    if removed.restored_at is not None:
        raise Conflict(_("This contact is back already."))
    shape = dict(removed.shape)
    if shape["crm_user_id"] is not None:
        user = db.session.get(CrmUser, shape["crm_user_id"])
        shape["crm_user_id"] = shape["crm_user_id"] if user is not None and user.removed_at is None else None
    contact, numbers = Contact(), [phone.with_plus(number) for number in shape["numbers"]]
    _write(contact, shape["name"], numbers, shape["company"], shape["note"], shape["crm_user_id"])
    db.session.add(contact)
    db.session.flush()
    removed.restored_at = now()
    audit("contact.restore", contact.name, after=_shape(contact))
    return contact


def _write(
    contact: Contact, name: str, numbers: Sequence[str], company: str, note: str, crm_user_id: int | None
) -> None:
    cleaned = clean_name(name)
    company, note = " ".join(company.split()), note.strip()
    if len(company) > LONGEST_COMPANY:
        raise Refused(_("A company's name has at most %(count)s characters.", count=LONGEST_COMPANY), "company")
    if len(note) > LONGEST_NOTE:
        raise Refused(_("A note has at most %(count)s characters.", count=LONGEST_NOTE), "note")
    universal = _universal(numbers)
    _refuse_taken(contact, universal)
    contact.name, contact.company, contact.note = cleaned, company, note
    if crm_user_id != contact.crm_user_id:
        # Whoever has been removed still looks after those he had: he may come back.
        contact.crm_user_id = _owner(crm_user_id)
    kept = {row.number: row for row in contact.numbers}
    contact.numbers = [kept.get(number) or ContactNumber(number=number) for number in universal]


def _universal(numbers: Sequence[str]) -> list[str]:
    written = [number.strip() for number in numbers if number.strip()]
    if not written:
        raise Refused(_("Enter at least one phone number."), "numbers")
    if len(written) > MOST_NUMBERS:
        raise Refused(_("A contact has at most %(count)s numbers.", count=MOST_NUMBERS), "numbers")
    universal: dict[str, None] = {}
    for number in written:
        try:
            universal[phone.normalise(number)] = None
        except Refused as error:
            raise Refused(f"{number}: {error.message}", "numbers") from None
    return list(universal)


def _refuse_taken(contact: Contact, numbers: Sequence[str]) -> None:
    taken = db.session.execute(
        select(ContactNumber.number, Contact.name)
        .join(Contact, Contact.id == ContactNumber.contact_id)
        .where(ContactNumber.number.in_(numbers), ContactNumber.contact_id != (contact.id or 0))
    ).first()
    if taken is not None:
        number, holder = taken
        raise Refused(_("%(number)s belongs to %(name)s.", number=phone.display(number), name=holder), "numbers")


def _owner(crm_user_id: int | None) -> int | None:
    if crm_user_id is None:
        return None
    try:
        return find_crm_user(crm_user_id).id
    except NotFound:
        raise Refused(_("There is no such CRM user any more."), "crm_user_id") from None


def _shape(contact: Contact) -> dict[str, Any]:
    return {
        "name": contact.name,
        "company": contact.company,
        "note": contact.note,
        "numbers": [row.number for row in contact.numbers],
        "crm_user_id": contact.crm_user_id,
    }
