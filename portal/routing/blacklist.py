"""The blacklist: numbers whose calls are refused before anything else."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.kernel import phone
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.routing.models import BlacklistEntry

LONGEST_NOTE = 200
_MOST = 5000


def blacklist(limit: int = _MOST) -> Sequence[BlacklistEntry]:
    """The entries, the newest first."""
    query = select(BlacklistEntry).where(BlacklistEntry.removed_at.is_(None))
    return db.session.scalars(query.order_by(BlacklistEntry.id.desc()).limit(limit)).all()


def blocked(number: str) -> BlacklistEntry | None:
    """The entry of this number (universal format), or None."""
    return db.session.scalar(
        select(BlacklistEntry).where(BlacklistEntry.number == number, BlacklistEntry.removed_at.is_(None))
    )


def block_number(number: str, note: str = "") -> BlacklistEntry:
    """Refuses calls from a number, as people write it. One that is there already is answered, with the new note if any.

    Raises `Refused` at the field `number`.
    """
    try:
        digits = phone.normalise(number)
    except Refused as error:
        raise Refused(error.message, "number") from None
    note = " ".join(note.split())[:LONGEST_NOTE]
    entry = blocked(digits)
    if entry is None:
        if len(blacklist()) >= _MOST:
            raise Refused(_("The blacklist is full: %(count)s numbers are the most.", count=_MOST), "number")
        entry = BlacklistEntry(number=digits, note=note)
        db.session.add(entry)
        db.session.flush()
    elif note:
        entry.note = note
    audit("blacklist.add", phone.display(digits), after={"note": entry.note})
    return entry


def unblock_number(entry_id: int) -> BlacklistEntry:
    """Lets calls of a number in again; `block_again` takes that back. Raises `NotFound`."""
    entry = _entry(entry_id)
    entry.removed_at = now()
    audit("blacklist.remove", phone.display(entry.number))
    return entry


def block_again(entry_id: int) -> BlacklistEntry:
    """Takes a removal back. Raises `NotFound`."""
    entry = _entry(entry_id)
    if blocked(entry.number) is None:
        entry.removed_at = None
        audit("blacklist.add", phone.display(entry.number), after={"note": entry.note})
    return entry


def _entry(entry_id: int) -> BlacklistEntry:
    entry = db.session.get(BlacklistEntry, entry_id)
    if entry is None:
        raise NotFound
    return entry
