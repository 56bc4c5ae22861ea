"""Keeps what contacts are sorted and found by, at every flush that touches one: no service can forget it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from portal.contacts import wordindex
from portal.contacts.models import Contact, ContactNumber, sort_text
from portal.kernel.db import GuardedSession
from portal.kernel.textsearch import search_text

_SEEN = ("name", "company", "numbers")
_NEWS = "contacts to be found anew"


def watch() -> None:
    """Called by the composition root: from now on every session keeps them."""
    if not event.contains(GuardedSession, "before_flush", _keep):
        event.listen(GuardedSession, "before_flush", _keep)
        event.listen(GuardedSession, "after_flush", _index)


def texts_of(name: str, company: str, numbers: Iterable[str]) -> tuple[str, str]:
    """What a contact is sorted by and what it is found by: its columns `sort_text` and `words`."""
    return sort_text(name, company), search_text(numbers, (name, company))


def _keep(session: Session, _context: Any, _instances: Any) -> None:
    touched = {row for row in (*session.new, *session.dirty) if isinstance(row, Contact)}
    numbers = [row for row in (*session.new, *session.dirty, *session.deleted) if isinstance(row, ContactNumber)]
    touched |= {row.contact for row in numbers if row.contact is not None and row.contact not in session.deleted}
    news = [row for row in touched if _is_news(row)]
    with session.no_autoflush:
        for row in news:
            listed = [each.number for each in row.numbers if each not in session.deleted]
            row.sort_text, row.words = texts_of(row.name, row.company or "", listed)
    session.info.setdefault(_NEWS, []).extend(news)


def _index(session: Session, _context: Any) -> None:
    """After the flush, which has given new contacts their ids."""
    wordindex.note(wordindex.Entry(row.id, row.sort_text, row.words) for row in session.info.pop(_NEWS, ()))


def _is_news(row: Contact) -> bool:
    state = inspect(row)
    return state.pending or any(state.attrs[name].history.has_changes() for name in _SEEN)
