"""Keeping follow-ups right as calls are told, in whatever order they come.

A number's history is a row of misses and contacts. The misses between two contacts are one follow-up, which the later
contact closes; those after the last contact are the open one. So a follow-up is found by the contact that ends it, and
each new moment changes two of them at most. All of it runs in the transaction that writes the call.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select

from portal.calls.events import CallAnswered, CallFinished
from portal.calls.missed import is_missed
from portal.calls.models import CallRecord
from portal.contacts.queries import present_owner_id
from portal.followups.due import due_at
from portal.followups.models import FollowUp
from portal.followups.moments import Contact, Misses, contact_of, misses, next_contact
from portal.followups.numbers import is_client, other_side
from portal.followups.rules import lock_rules, lock_rules_ahead, minutes
from portal.kernel.db import announce, db, once
from portal.kernel.prepared import Prepared
from portal.telephony.engine import CallKind

CHANGED = "followups-changed"
"""What open pages hear."""
_INSTANT = timedelta(microseconds=1)


def on_call_answered(event: CallAnswered) -> None:
    """Somebody talks with the client: the work is done."""
    call = event.call
    number, contact = other_side(call), contact_of(call)
    if number is None or contact is None:
        return
    locked = once("question for the rules of follow-ups", lock_rules_ahead)
    has_work = _has_work(number, contact.at)
    if not locked():
        once("rules of follow-ups", lock_rules)
        has_work = _has_work(number, contact.at)
    if not has_work:
        return
    add_contact(number, contact)
    if call.ended_at is not None:
        # A switch may learn late that a call it had told as missed was answered.
        _count_anew(number, call.started_at)


def on_call_finished(event: CallFinished) -> None:
    """A missed call opens a follow-up, or joins the one that its number has."""
    call = event.call
    number = other_side(call)
    if number is None or not is_missed(call) or call.ended_at is None or not is_client(number):
        return
    once("rules of follow-ups", lock_rules)
    _add_miss(number, call, call.ended_at)
    announce(CHANGED)


def recall(since: datetime) -> None:
    """Makes the follow-ups of calls that were missed since then and written past their events: a made-up past."""
    rows = select(CallRecord).where(CallRecord.started_at >= since, CallRecord.kind == CallKind.INCOMING)
    for call in db.session.scalars(rows.order_by(CallRecord.started_at, CallRecord.id)):
        on_call_finished(CallFinished(call))


def add_contact(number: str, contact: Contact) -> None:
    """Closes what was missed up to this moment; what was missed later stays as it is."""
    announce(CHANGED)
    known = _closed_at(number, contact.at)
    if known is not None:
        if contact.rank < _closer(known).rank:
            _close(known, contact)
        return
    row = _ending_with(number, next_contact(number, contact.at + _INSTANT))
    if row is None or row.first_missed_at > contact.at:
        return
    if row.last_missed_at > contact.at:
        _part(row, contact)
    else:
        _close(row, contact)


def drop_contact(number: str, at: datetime) -> FollowUp | None:
    """Takes back the contact of this moment: its follow-up joins the one after it. Answers where it went."""
    row = _closed_at(number, at)
    if row is None:
        return None
    contact = next_contact(number, at)
    other = _ending_with(number, contact)
    if other is None or other is row:
        _close(row, contact)
        return row
    db.session.delete(row)
    db.session.flush()
    other.owner_user_id, other.owner_crm_user_id = (
        other.owner_user_id or row.owner_user_id,
        other.owner_crm_user_id or row.owner_crm_user_id,
    )
    _count(other, misses(number, row.first_missed_at, other.last_missed_at))
    return other


# Built once: each answered call asks it.
_WORK = Prepared(
    select(FollowUp.id)
    .where(
        FollowUp.number == bindparam("number"),
        or_(FollowUp.closed_at.is_(None), FollowUp.closed_at >= bindparam("since")),
    )
    .limit(1)
)


def _has_work(number: str, since: datetime) -> bool:
    """Whether a contact at this moment can change anything: most calls are of numbers that were never missed."""
    return _WORK.first(number=number, since=since) is not None


def _add_miss(number: str, call: CallRecord, at: datetime) -> None:
    row = _ending_with(number, None)
    contact = None
    if row is None or at < row.first_missed_at:
        contact = next_contact(number, at)
        row = _ending_with(number, contact) if contact else row
    if row is None:
        _open(number, Misses(1, at, call), contact)
        return
    row.misses += 1
    if at < row.first_missed_at:
        row.first_missed_at = at
        _set_due(row)
    if at >= row.last_missed_at:
        row.last_missed_at, row.last_call_id, row.did = at, call.id, call.did


def _part(row: FollowUp, contact: Contact) -> None:
    """What was missed before the contact becomes a follow-up of its own; the row keeps its owner and the rest."""
    before = misses(row.number, row.first_missed_at, contact.at)
    after = misses(row.number, contact.at + _INSTANT, row.last_missed_at)
    if before is not None:
        _open(row.number, before, contact, like=row)
    _count(row, after)


def _count_anew(number: str, since: datetime) -> None:
    rows = db.session.scalars(select(FollowUp).where(FollowUp.number == number, FollowUp.last_missed_at >= since))
    for row in rows.all():
        _count(row, misses(number, row.first_missed_at, row.last_missed_at))


def _open(number: str, found: Misses, contact: Contact | None, like: FollowUp | None = None) -> FollowUp:
    row = FollowUp(
        number=number,
        owner_user_id=like.owner_user_id if like else None,
        owner_crm_user_id=like.owner_crm_user_id if like else present_owner_id(number),
        is_due_by_hand=False,
    )
    _count(row, found)
    _close(row, contact)
    db.session.add(row)
    return row


def _count(row: FollowUp, found: Misses | None) -> None:
    """Puts the count and the moments of these misses into the row; without any it is no work any more."""
    if found is None:
        db.session.delete(row)
        return
    last = found.last
    row.misses, row.first_missed_at = found.count, found.first_at
    row.last_missed_at = last.ended_at or found.first_at
    row.last_call_id, row.did = last.id, last.did
    _set_due(row)


def _set_due(row: FollowUp) -> None:
    if not row.is_due_by_hand:
        row.due_at = due_at(row.first_missed_at, minutes())


def _close(row: FollowUp, contact: Contact | None) -> None:
    row.closed_at = contact.at if contact else None
    row.closing = contact.closing if contact else None
    row.closing_call_id = contact.call_id if contact else None
    row.hand_closing_id = contact.hand_closing_id if contact else None


def _closer(row: FollowUp) -> Contact:
    if row.closed_at is None or row.closing is None:
        raise ValueError("an open follow-up has been closed by nothing")
    return Contact(row.closed_at, row.closing, row.closing_call_id, row.hand_closing_id)


def _ending_with(number: str, contact: Contact | None) -> FollowUp | None:
    """The follow-up that this contact closes; without a contact the open one."""
    return _closed_at(number, contact.at if contact else None)


def _closed_at(number: str, at: datetime | None) -> FollowUp | None:
    is_it = FollowUp.closed_at.is_(None) if at is None else FollowUp.closed_at == at
    return db.session.scalar(select(FollowUp).where(FollowUp.number == number, is_it))
