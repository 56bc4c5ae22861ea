"""What a record of a file becomes: a new contact, more about one that has a number of it, or nothing, and why.

The rule: a number leads to one contact. A record that has a number of somebody in the book is that contact's: numbers
that are new are added, and company, note and CRM user are filled in where they were empty; nothing is written over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.contacts.exchange.models import ImportedContact
from portal.contacts.exchange.reading import Record
from portal.contacts.models import Contact, ContactNumber, CrmUser
from portal.contacts.services.address_book import LONGEST_COMPANY, LONGEST_NOTE, MOST_NUMBERS
from portal.contacts.services.crm_users import clean_name
from portal.kernel import phone
from portal.kernel.db import db
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _


class Fate(StrEnum):
    """What becomes of a record."""

    NEW = "new"
    MERGES = "merges"
    SAME = "same"
    """All of it is there already."""
    WRONG = "wrong"


@dataclass(slots=True)
class Outcome:
    """A record, what becomes of it, and a word to it."""

    record: Record
    fate: Fate
    text: str = ""
    contact: Contact | None = None
    numbers: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    is_new: bool = False


class Merger:
    """Works through records in batches; within one transaction it knows the contacts that it has just made."""

    def __init__(self) -> None:
        users = db.session.scalars(select(CrmUser).where(CrmUser.removed_at.is_(None)))
        self._owners = {user.name.casefold(): user.id for user in users}

    def take(self, batch: Sequence[Record]) -> list[Outcome]:
        """What becomes of these records. The session holds the changes, which the caller keeps or drops."""
        read = [_read(record) for record in batch]
        wanted = {number for numbers, _why in read for number in numbers}
        held = self._holders(wanted)
        with db.session.no_autoflush:
            return [self._one(record, *found, held) for record, found in zip(batch, read, strict=True)]

    def _holders(self, numbers: set[str]) -> dict[str, Contact]:
        found: dict[str, Contact] = {}
        listed = sorted(numbers)
        for start in range(0, len(listed), 1000):
            rows = db.session.scalars(
                select(ContactNumber)
                .where(ContactNumber.number.in_(listed[start : start + 1000]))
                .options(selectinload(ContactNumber.contact).selectinload(Contact.numbers))
            )
            found |= {row.number: row.contact for row in rows}
        return found

    def _one(self, record: Record, numbers: list[str], why: str, held: dict[str, Contact]) -> Outcome:
        if not numbers:
            return Outcome(record, Fate.WRONG, why)
        contact = next((held[number] for number in numbers if number in held), None)
        is_new = contact is None
        if contact is None:
            try:
                name = clean_name(record.name or record.company or phone.display(numbers[0]))
            except Refused as error:
                return Outcome(record, Fate.WRONG, error.message)
            contact = Contact(name=name, company="", note="", version=0, numbers=[])
        outcome = Outcome(record, Fate.NEW if is_new else Fate.SAME, why, contact, is_new=is_new)
        self._add_numbers(outcome, contact, numbers, held)
        self._fill(outcome, contact, record)
        if is_new:
            db.session.add(contact)
        elif outcome.numbers or outcome.filled:
            outcome.fate = Fate.MERGES
            contact.version += 1
        outcome.text = outcome.text or ("" if is_new else contact.name)
        return outcome

    @staticmethod
    def _add_numbers(outcome: Outcome, contact: Contact, numbers: list[str], held: dict[str, Contact]) -> None:
        for number in numbers:
            holder = held.get(number)
            if holder is None and len(contact.numbers) < MOST_NUMBERS:
                contact.numbers.append(ContactNumber(number=number))
                held[number] = contact
                outcome.numbers.append(number)
            elif holder is None:
                outcome.text = _("A contact has at most %(count)s numbers.", count=MOST_NUMBERS)
            elif holder is not contact:
                outcome.text = _("%(number)s belongs to %(name)s.", number=phone.display(number), name=holder.name)

    def _fill(self, outcome: Outcome, contact: Contact, record: Record) -> None:
        said = {
            "company": " ".join(record.company.split())[:LONGEST_COMPANY],
            "note": record.note.strip()[:LONGEST_NOTE],
            "crm_user_id": self._owners.get(" ".join(record.owner.split()).casefold()),
        }
        for name, value in said.items():
            if value and not getattr(contact, name):
                setattr(contact, name, value)
                outcome.filled.append(name)


def note_changes(import_id: int, outcomes: Sequence[Outcome]) -> None:
    """Remembers what was done, after the flush that gave new contacts their ids: one row for each contact."""
    touched = [each for each in outcomes if each.contact is not None and each.fate in (Fate.NEW, Fate.MERGES)]
    ids = {each.contact.id for each in touched if each.contact is not None}
    known = {
        row.contact_id: row
        for row in db.session.scalars(
            select(ImportedContact).where(
                ImportedContact.import_id == import_id, ImportedContact.contact_id.in_(sorted(ids))
            )
        )
    }
    for each in touched:
        contact = each.contact
        if contact is None:
            continue
        row = known.get(contact.id)
        if row is None:
            row = known[contact.id] = ImportedContact(
                import_id=import_id, contact_id=contact.id, is_new=each.is_new, version=0, numbers=[], filled=[]
            )
            db.session.add(row)
        row.version = contact.version
        row.numbers = [*row.numbers, *each.numbers]
        row.filled = [*row.filled, *each.filled]


def _read(record: Record) -> tuple[list[str], str]:
    """The numbers that are some, and why one of the others is not."""
    numbers: dict[str, None] = {}
    why = ""
    for written in record.numbers:
        try:
            numbers[phone.normalise(written)] = None
        except Refused as error:
            why = why or f"{written[:40]}: {error.message}"
    return list(numbers), why or ("" if numbers else _("There is no phone number."))
