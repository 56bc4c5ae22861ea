"""Reads of people: CRM users, contacts, and who looks after a number."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from portal.contacts import wordindex
from portal.contacts.models import Contact, ContactNumber, CrmUser
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.prepared import Prepared

# Built once: each call asks some of them, and each that was missed the others.
_PRESENT_OWNER = Prepared(
    select(CrmUser.id)
    .join(Contact, Contact.crm_user_id == CrmUser.id)
    .join(ContactNumber, ContactNumber.contact_id == Contact.id)
    .where(ContactNumber.number == bindparam("number"), CrmUser.removed_at.is_(None))
)
_OWNER = Prepared(
    select(Contact.crm_user_id)
    .join(ContactNumber, ContactNumber.contact_id == Contact.id)
    .where(ContactNumber.number == bindparam("number"))
)
_EMPLOYEE = Prepared(select(CrmUser.id).where(CrmUser.mobile == bindparam("number"), CrmUser.removed_at.is_(None)))


def crm_users(*, locks: bool = False) -> Sequence[CrmUser]:
    """The account's CRM users in the order in which they were added, each with its SIP account; no removed ones.

    `locks` reads them anew and keeps other writers of them waiting.
    """
    query = (
        select(CrmUser).where(CrmUser.removed_at.is_(None)).options(joinedload(CrmUser.sip_line)).order_by(CrmUser.id)
    )
    if locks:
        query = query.with_for_update(of=CrmUser).execution_options(populate_existing=True)
    return db.session.scalars(query).all()


def owner_of(number: str) -> CrmUser | None:
    """The CRM user who looks after the contact with this number (universal format), with the SIP account."""
    return db.session.scalar(
        select(CrmUser)
        .join(Contact, Contact.crm_user_id == CrmUser.id)
        .join(ContactNumber, ContactNumber.contact_id == Contact.id)
        .where(ContactNumber.number == number, CrmUser.removed_at.is_(None))
        .options(joinedload(CrmUser.sip_line))
    )


def owner_id_of(number: str) -> int | None:
    """The id of the CRM user who looks after the contact with this number (universal format), also of a removed one."""
    found = _OWNER.first(number=number)
    return found[0] if found else None


def present_owner_id(number: str) -> int | None:
    """The id of the CRM user who looks after the contact with this number (universal format); None of a removed one."""
    found = _PRESENT_OWNER.first(number=number)
    return found[0] if found else None


def is_mobile_of_employee(number: str) -> bool:
    """Whether this is some CRM user's own mobile (universal format)."""
    return _EMPLOYEE.first(number=number) is not None


def employee_with(mobile: str) -> CrmUser | None:
    """The CRM user whose own mobile this is (universal format), with the SIP account."""
    return db.session.scalar(
        select(CrmUser)
        .where(CrmUser.mobile == mobile, CrmUser.removed_at.is_(None))
        .options(joinedload(CrmUser.sip_line))
    )


def find_contact(contact_id: int, *, locks: bool = False) -> Contact:
    """One contact with its numbers and owner; `locks` reads it anew and keeps other writers waiting.

    Raises `NotFound`.
    """
    query = select(Contact).where(Contact.id == contact_id).options(*shown())
    if locks:
        query = query.with_for_update(of=Contact).execution_options(populate_existing=True)
    contact = db.session.scalar(query)
    if contact is None:
        raise NotFound
    return contact


def shown() -> Sequence[ExecutableOption]:
    """What is read with a contact that is shown."""
    return selectinload(Contact.numbers), joinedload(Contact.crm_user)


COUNTED = 10_000
"""A page does not count any further: in a large book that would take longer than all the rest of it."""


def contact_count() -> int:
    """How many contacts the address book holds; one more than `COUNTED` where it is more."""
    known = wordindex.counted(COUNTED + 1)
    if known is not None:
        return known
    first = select(Contact.id).limit(COUNTED + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(first)) or 0
