"""The postings of an account, by kind and days, a page or all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Select, select

from portal.accounts.zone import account_zone
from portal.billing.models import EntryKind, LedgerEntry
from portal.billing.models.ledger import NOT_A_CALL
from portal.kernel.db import db, transaction
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import Cursor, NewestFirst, Page

PAGE = 50
_CHUNK = 1000
_ORDER = NewestFirst(LedgerEntry.at, LedgerEntry.id)


@dataclass(frozen=True, slots=True)
class PostingFilter:
    """A choice of postings; None does not choose. Days are the account's, both ends included."""

    kind: EntryKind | None = None
    first_day: date | None = None
    last_day: date | None = None

    def query(self) -> dict[str, str]:
        """As it stands in an address."""
        values = {"kind": self.kind, "from": self.first_day, "to": self.last_day}
        return {name: str(value) for name, value in values.items() if value}


def read_filter(query: Mapping[str, str]) -> tuple[PostingFilter, list[str]]:
    """What an address chooses; nonsense is left out with a note."""
    notes: list[str] = []
    kind = query.get("kind", "")
    if kind and kind not in set(EntryKind):
        notes.append(_("There is no such kind of posting, so all are shown."))
        kind = ""
    first, last = (_day(query.get(name, ""), notes) for name in ("from", "to"))
    if first and last and first > last:
        notes.append(_("The first day lies after the last, so the days do not choose."))
        first = last = None
    return PostingFilter(EntryKind(kind) if kind else None, first, last), notes


def _day(text: str, notes: list[str]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 2000 <= day.year < 2100:
        notes.append(_("A day that does not exist was left out."))
        return None
    return day


def posting_page(choice: PostingFilter, cursor: Cursor | None, limit: int = PAGE) -> Page[LedgerEntry]:
    """The newest postings of the choice first."""
    found = db.session.scalars(_ORDER.ordered(_rows(choice), cursor).limit(limit + 1)).all()
    return _ORDER.page(found, cursor, limit)


def all_postings(app: Flask, account_id: int, choice: PostingFilter) -> Iterator[Sequence[LedgerEntry]]:
    """Every posting of the choice, the newest first, in short transactions: whoever takes them may be slow.

    Nothing is lost or seen twice meanwhile: postings are only added, and those come before the first.
    """
    cursor: Cursor | None = None
    while True:
        with app.app_context(), transaction(account_id, writes=False):
            found = db.session.scalars(_ORDER.ordered(_rows(choice), cursor).limit(_CHUNK)).all()
        if found:
            yield found
        if len(found) < _CHUNK:
            return
        cursor = _ORDER.cursor_of(found[-1])


def _rows(choice: PostingFilter) -> Select[Any]:
    rows = select(LedgerEntry)
    if choice.kind is not None:
        rows = rows.where(LedgerEntry.kind == choice.kind)
        if choice.kind is not EntryKind.CALL:
            rows = rows.where(NOT_A_CALL)
    if choice.first_day:
        rows = rows.where(LedgerEntry.at >= _midnight(choice.first_day))
    if choice.last_day:
        rows = rows.where(LedgerEntry.at < _midnight(choice.last_day + timedelta(days=1)))
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), account_zone())
