"""Contact persons: the company names them, the provider reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.accounts.company.models import ContactPerson, Matter
from portal.accounts.services import checked_email
from portal.kernel import phone
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _

MOST_PERSONS = 50


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is said of one; each text as a person types it."""

    name: str
    position: str
    phone: str
    email: str
    matter: str


def contact_persons() -> Sequence[ContactPerson]:
    """Those of the entered account, by what they answer for and by name."""
    rows = select(ContactPerson).where(ContactPerson.removed_at.is_(None))
    return db.session.scalars(rows.order_by(ContactPerson.matter, ContactPerson.name, ContactPerson.id)).all()


def find_contact_person(person_id: int) -> ContactPerson:
    """One of them. Raises `NotFound`."""
    found = db.session.get(ContactPerson, person_id)
    if found is None or found.removed_at is not None:
        raise NotFound
    return found


def add_contact_person(facts: PersonFacts) -> ContactPerson:
    """A new one. Raises `Refused` with the field."""
    if len(contact_persons()) >= MOST_PERSONS:
        raise Refused(_("More than %(count)s contact persons help nobody. Remove some first.", count=MOST_PERSONS))
    kept = _checked(facts)
    person = ContactPerson(**asdict(kept))
    db.session.add(person)
    db.session.flush()
    audit("contact-person.add", person.name, after=asdict(kept))
    return person


def edit_contact_person(person_id: int, facts: PersonFacts) -> ContactPerson:
    """Says something else of one. Raises `NotFound`, `Refused` with the field."""
    person, kept = find_contact_person(person_id), asdict(_checked(facts))
    before = {name: getattr(person, name) for name in kept}
    for name, value in kept.items():
        setattr(person, name, value)
    if before != kept:
        audit("contact-person.edit", person.name, before=before, after=kept)
    return person


def remove_contact_person(person_id: int) -> ContactPerson:
    """Off the list; `restore_contact_person` brings it back. Raises `NotFound`."""
    person = find_contact_person(person_id)
    person.removed_at = now()
    audit("contact-person.remove", person.name)
    return person


def restore_contact_person(person_id: int) -> ContactPerson:
    """Takes a removal back. Raises `NotFound`."""
    person = db.session.get(ContactPerson, person_id)
    if person is None:
        raise NotFound
    if person.removed_at is not None:
        person.removed_at = None
        audit("contact-person.restore", person.name)
    return person


def _checked(facts: PersonFacts) -> PersonFacts:
    name, position = " ".join(facts.name.split())[:200], " ".join(facts.position.split())[:200]
    number, email = facts.phone.strip(), facts.email.strip()
    if not name:
        raise Refused(_("Enter a name."), "name")
    if facts.matter not in set(Matter):
        raise Refused(_("Choose one of the matters."), "matter")
    if not number and not email:
        raise Refused(_("Enter a phone number or an e-mail: else nobody can ask."), "phone")
    try:
        number = phone.normalise(number) if number else ""
    except Refused as error:
        raise Refused(error.message, "phone") from None
    return PersonFacts(name, position, number, checked_email(email) if email else "", facts.matter)
