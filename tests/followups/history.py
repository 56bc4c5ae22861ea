"""The history of a number told in any order, and its follow-ups worked out again from the sorted whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from sqlalchemy import select

from portal.calls.models import CallRecord
from portal.followups.models import Closing, FollowUp, HandClosing
from portal.kernel.db import db
from portal.telephony.engine import CallKind
from tests.contacts.desk import inside

Row = tuple[str, int, datetime, datetime, datetime | None, str | None]
"""Number, misses, first, last, closed at, closed by what."""


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A miss (rank 0) or what ends the work of all misses before it (by rank)."""

    at: datetime
    rank: int


_RANKS = [Closing.CLIENT_CALLED, Closing.CALLED_BACK, Closing.BY_HAND]


def kept(app: Flask, account_id: int) -> list[Row]:
    """The follow-ups as they stand in the table."""
    with inside(app, account_id):
        rows = db.session.scalars(select(FollowUp)).all()
        return sorted(
            (
                (r.number, r.misses, r.first_missed_at, r.last_missed_at, r.closed_at, r.closing and str(r.closing))
                for r in rows
            ),
            key=str,
        )


def worked_out(app: Flask, account_id: int) -> list[Row]:
    """The same from every call and every word of a person, sorted, in one pass."""
    with inside(app, account_id):
        calls = db.session.scalars(select(CallRecord)).all()
        words = db.session.scalars(select(HandClosing)).all()
        numbers = {call.caller if call.kind == CallKind.INCOMING else call.callee for call in calls}
        rows: list[Row] = []
        for number in numbers - {None, ""}:
            moments = [moment for call in calls if (moment := _moment(call, str(number))) is not None]
            moments += [Moment(word.at, 3) for word in words if word.number == number]
            rows += _walk(str(number), sorted(moments))
        return sorted(rows, key=str)


def _moment(call: CallRecord, number: str) -> Moment | None:
    if call.kind == CallKind.INCOMING and call.caller == number:
        if call.answered_at is not None:
            return Moment(call.answered_at, 1)
        return Moment(call.ended_at, 0) if call.ended_at is not None else None
    if call.kind == CallKind.OUTGOING and call.callee == number and call.answered_at is not None:
        return Moment(call.answered_at, 2)
    return None


def _walk(number: str, moments: Iterable[Moment]) -> list[Row]:
    rows: list[Row] = []
    pending: list[datetime] = []
    for moment in moments:
        if moment.rank == 0:
            pending.append(moment.at)
        elif pending:
            rows.append((number, len(pending), pending[0], pending[-1], moment.at, str(_RANKS[moment.rank - 1])))
            pending = []
    if pending:
        rows.append((number, len(pending), pending[0], pending[-1], None, None))
    return rows
