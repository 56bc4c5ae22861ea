"""The history of a number, read from the calls themselves: when it was missed, and when somebody talked with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.calls.missed import missed_calls
from portal.calls.models import CallRecord
from portal.followups.models import Closing, HandClosing
from portal.kernel.db import db
from portal.kernel.prepared import Prepared
from portal.telephony.engine import CallKind

_LONGEST_CALL = timedelta(days=1)
"""Calls are indexed by their beginning; what is looked for is when they were answered or ended."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A moment that ends the work of all missed calls before it, and what happened then."""

    at: datetime
    closing: Closing
    call_id: int | None = None
    hand_closing_id: int | None = None

    @property
    def rank(self) -> tuple[datetime, int]:
        """The order among contacts: of those in the same moment a call counts more than a word."""
        return self.at, list(Closing).index(self.closing)


@dataclass(frozen=True, slots=True)
class Misses:
    """Some missed calls of a number, counted; `last` is the latest of them."""

    count: int
    first_at: datetime
    last: CallRecord


def contact_of(call: CallRecord) -> Contact | None:
    """The contact that an answered call makes."""
    if call.answered_at is None:
        return None
    closing = Closing.CLIENT_CALLED if call.kind == CallKind.INCOMING else Closing.CALLED_BACK
    return Contact(call.answered_at, closing, call_id=call.id)


def next_contact(number: str, since: datetime) -> Contact | None:
    """The first contact with a number at `since` or later."""
    values = {"number": number, "since": since}
    found = [each.first(**values, begun=since - _LONGEST_CALL) for each in (_CLIENT_CALLED, _CALLED_BACK)]
    found.append(_BY_HAND.first(**values))
    return min((contact for contact in found if contact), key=lambda contact: contact.rank, default=None)


def _answered(side: InstrumentedAttribute[Any], kind: CallKind, closing: Closing) -> Prepared[Contact]:
    return Prepared(
        select(CallRecord.answered_at, CallRecord.id)
        .where(
            side == bindparam("number"),
            CallRecord.kind == kind,
            CallRecord.started_at >= bindparam("begun"),
            CallRecord.answered_at >= bindparam("since"),
        )
        .order_by(CallRecord.answered_at, CallRecord.id)
        .limit(1),
        lambda at, call_id: Contact(at, closing, call_id=call_id),
    )


# Built once: each call that was missed asks them.
_CLIENT_CALLED = _answered(CallRecord.caller, CallKind.INCOMING, Closing.CLIENT_CALLED)
_CALLED_BACK = _answered(CallRecord.callee, CallKind.OUTGOING, Closing.CALLED_BACK)
_BY_HAND = Prepared(
    select(HandClosing.at, HandClosing.id)
    .where(HandClosing.number == bindparam("number"), HandClosing.at >= bindparam("since"))
    .order_by(HandClosing.at, HandClosing.id)
    .limit(1),
    lambda at, closing_id: Contact(at, Closing.BY_HAND, hand_closing_id=closing_id),
)


def misses(number: str, first_at: datetime, last_at: datetime) -> Misses | None:
    """The missed calls of a number from one moment to another, both included; None where there are none."""
    within = (
        CallRecord.caller == number,
        CallRecord.started_at >= first_at - _LONGEST_CALL,
        CallRecord.started_at <= last_at,
        CallRecord.ended_at >= first_at,
        CallRecord.ended_at <= last_at,
        *missed_calls(),
    )
    count, earliest = db.session.execute(
        select(func.count(CallRecord.id), func.min(CallRecord.ended_at)).where(*within)
    ).one()
    if earliest is None:
        return None
    last = db.session.scalars(
        select(CallRecord).where(*within).order_by(CallRecord.ended_at.desc(), CallRecord.id.desc()).limit(1)
    ).one()
    return Misses(count, earliest, last)
