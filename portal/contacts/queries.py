"""Reads of people: CRM users, contacts, and who looks after a number."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, literal, or_, select, tuple_
from sqlalchemy.orm import joinedload, selectinload

from portal.contacts.models import Contact, ContactNumber, CrmUser, searchable
from portal.kernel import phone
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.paging import Cursor, Page

_SHORTEST_PART = 2
"""One figure is in nearly every number: it finds by name only."""


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
    query = select(Contact).where(Contact.id == contact_id).options(*_SHOWN)
    if locks:
        query = query.with_for_update(of=Contact).execution_options(populate_existing=True)
    contact = db.session.scalar(query)
    if contact is None:
        raise NotFound
    return contact


def contact_page(part: str = "", cursor: Cursor | None = None, limit: int = 50) -> Page[Contact]:
    """A page of the address book by name. `part` is a piece of a name, a company or a number as people write it."""
    going_back = cursor is not None and cursor.backwards
    order = (Contact.search_text, Contact.id)
    query = select(Contact).where(*_matching(part)).options(*_SHOWN).limit(limit + 1)
    query = query.order_by(*(column.desc() for column in order) if going_back else order)
    if cursor is not None:
        query = query.where(*_beyond(cursor))
    rows = list(db.session.scalars(query))
    has_more = len(rows) > limit
    rows = rows[:limit]
    if going_back:
        rows.reverse()
    has_next, has_previous = (True, has_more) if going_back else (has_more, cursor is not None)
    return Page(
        rows,
        next=Cursor((rows[-1].id,)).encode() if rows and has_next else None,
        previous=Cursor((rows[0].id,), backwards=True).encode() if rows and has_previous else None,
    )


def contact_count() -> int:
    """How many contacts the address book holds."""
    return db.session.scalar(select(func.count(Contact.id))) or 0


_SHOWN = (selectinload(Contact.numbers), joinedload(Contact.crm_user))


def _matching(part: str) -> list[ColumnElement[bool]]:
    text, digits = searchable(part), phone.search_digits(part)
    if not text:
        return []
    conditions: list[ColumnElement[bool]] = [Contact.search_text.contains(text, autoescape=True)]
    if len(digits) >= _SHORTEST_PART and not any(char.isalpha() for char in part):
        held = select(ContactNumber.contact_id).where(ContactNumber.number.contains(digits))
        conditions.append(Contact.id.in_(held))
    return [or_(*conditions)]


def _beyond(cursor: Cursor) -> list[ColumnElement[bool]]:
    """After (or before) the row that the cursor names: cursors carry numbers only, so its sort text is looked up.

    A row that has gone since takes its page along: the list begins anew.
    """
    place = db.session.get(Contact, cursor.key[0])
    if place is None:
        return []
    here, there = tuple_(Contact.search_text, Contact.id), tuple_(literal(place.search_text), literal(place.id))
    return [here < there if cursor.backwards else here > there]
