"""What waits to be sent and what was given up, as the operator sees and moves it. Texts are shown to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.kernel.clock import now
from portal.kernel.db import db, ring
from portal.kernel.errors import NotFound
from portal.kernel.mail.models import OutgoingMail
from portal.kernel.mail.outbox import BELL
from portal.kernel.paging import Cursor, NewestFirst, Page

PAGE = 50
_ORDER = NewestFirst(OutgoingMail.created_at, OutgoingMail.id)
_GIVEN_UP = OutgoingMail.given_up_at


@dataclass(frozen=True, slots=True)
class MailFigures:
    """How the queue stands."""

    waiting: int
    failing: int
    """Of those: tried before, and not taken."""
    given_up: int
    oldest_at: datetime | None
    """When the message that has waited longest was written."""


def mail_figures() -> MailFigures:
    """Counts of the whole queue, which is short."""
    waits, failing = _GIVEN_UP.is_(None), OutgoingMail.tries > 0
    counted = select(
        func.count().filter(waits),
        func.count().filter(waits, failing),
        func.count().filter(_GIVEN_UP.is_not(None)),
        func.min(OutgoingMail.created_at).filter(waits),
    ).select_from(OutgoingMail)
    waiting, failing_count, given_up, oldest = db.session.execute(counted).one()
    return MailFigures(waiting, failing_count, given_up, oldest)


def mail_page(cursor: Cursor | None, *, is_given_up: bool, limit: int = PAGE) -> Page[OutgoingMail]:
    """Messages that wait, or that were given up, the newest first."""
    query = select(OutgoingMail).where(_GIVEN_UP.is_not(None) if is_given_up else _GIVEN_UP.is_(None))
    found = db.session.scalars(_ORDER.ordered(query, cursor).limit(limit + 1)).all()
    return _ORDER.page(found, cursor, limit)


def send_now(mail_id: int) -> OutgoingMail:
    """It is due at once. Raises `NotFound` for one that is gone, or was given up: its text is no more."""
    mail = _find(mail_id)
    if mail.given_up_at is not None:
        raise NotFound
    mail.due_at = now()
    ring(BELL)
    return mail


def discard(mail_id: int) -> OutgoingMail:
    """It is sent to nobody. Raises `NotFound`."""
    mail = _find(mail_id)
    db.session.delete(mail)
    return mail


def _find(mail_id: int) -> OutgoingMail:
    mail = db.session.get(OutgoingMail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFound
    return mail
