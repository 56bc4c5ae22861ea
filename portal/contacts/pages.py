"""Pages of the address book, in the order of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy import literal as value

from portal.contacts import wordindex
from portal.contacts.models import Contact
from portal.contacts.queries import shown
from portal.kernel.db import db
from portal.kernel.paging import Cursor, Page
from portal.kernel.textsearch import needle


def contact_page(part: str = "", cursor: Cursor | None = None, limit: int = 50) -> Page[Contact]:
    """A page of the address book by name. `part` is a piece of a name, a company or a number as people write it."""
    going_back = cursor is not None and cursor.backwards
    place = db.session.get(Contact, cursor.key[0]) if cursor is not None else None
    wanted = needle(part)
    if wanted is not None and wordindex.helps(wanted):
        ids = wordindex.nearest(wanted, place, limit + 1, going_back=going_back)
        query = select(Contact).where(Contact.id.in_(ids))
    else:
        query = _in_order(wanted, place, going_back=going_back).limit(limit + 1)
    order = (Contact.sort_text, Contact.id)
    query = query.order_by(*(each.desc() for each in order) if going_back else order)
    return _page(db.session.scalars(query.options(*shown())).all(), cursor, limit)


def _in_order(wanted: str | None, place: Contact | None, *, going_back: bool) -> Select[Any]:
    """Walks through the book: what is as short as this is in many names, so that a page fills soon."""
    query = select(Contact)
    if wanted is not None:
        query = query.where(Contact.words.contains(wanted, autoescape=True))
    if place is None:
        return query
    here, there = tuple_(Contact.sort_text, Contact.id), tuple_(value(place.sort_text), value(place.id))
    return query.where(here < there if going_back else here > there)


def _page(found: Sequence[Contact], cursor: Cursor | None, limit: int) -> Page[Contact]:
    """Cursors carry numbers only: the sort text of their contact is looked up. One that has gone since takes its page
    along: the list begins anew.
    """
    going_back = cursor is not None and cursor.backwards
    has_more = len(found) > limit
    rows = found[:limit][::-1] if going_back else found[:limit]
    has_next, has_previous = (True, has_more) if going_back else (has_more, cursor is not None)
    return Page(
        rows,
        next=Cursor((rows[-1].id,)).encode() if rows and has_next else None,
        previous=Cursor((rows[0].id,), backwards=True).encode() if rows and has_previous else None,
    )
