"""Reads of follow-ups: the list, its counts, one of them, those of some calls, how fast they are returned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, func, select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from portal.calls.logged import LoggedCall
from portal.calls.missed import is_missed
from portal.calls.models import CallRecord
from portal.followups.models import Closing, FollowUp
from portal.followups.numbers import other_side
from portal.kernel.among import among
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.paging import Cursor, NewestFirst, OldestFirst, Page

MOST_COUNTED = 1000
"""More open ones than a person wants to know exactly."""
PAGE = 50


class Show(StrEnum):
    """Which of them, in the words of the address."""

    OPEN = "open"
    MINE = "mine"
    OVERDUE = "overdue"
    CLOSED = "closed"


class Order(StrEnum):
    """In which order the open ones stand."""

    DUE = "due"
    NEWEST = "newest"


_ORDERS = {
    Order.DUE: OldestFirst(FollowUp.due_at, FollowUp.id),
    Order.NEWEST: NewestFirst(FollowUp.last_missed_at, FollowUp.id),
}
_CLOSED = NewestFirst(FollowUp.closed_at, FollowUp.id)  # type: ignore[arg-type]


def _shown() -> list[ExecutableOption]:
    """What a page shows beside the row. Asked for at the call: mappers are ready when every room has been imported."""
    names = (FollowUp.owner_user, FollowUp.owner_crm_user, FollowUp.closing_call, FollowUp.hand_closing)
    return [joinedload(name) for name in names]


def follow_up_page(show: Show, order: Order, user_id: int, cursor: Cursor | None) -> Page[FollowUp]:
    """At most `PAGE` of them; `user_id` is who asks for his own."""
    rows = select(FollowUp).where(*_chosen(show, user_id)).options(*_shown())
    by = _CLOSED if show is Show.CLOSED else _ORDERS[order]
    found = db.session.scalars(by.ordered(rows, cursor).limit(PAGE + 1)).all()
    return by.page(found, cursor, PAGE)


def count(show: Show, user_id: int = 0) -> ScalarSelect[int]:
    """How many there are, as a part of a statement; `MOST_COUNTED` stands for that many or more."""
    some = select(FollowUp.id).where(*_chosen(show, user_id)).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def counts(*shows: Show, user_id: int = 0) -> list[int]:
    """How many of each there are, asked at once."""
    return list(db.session.execute(select(*(count(show, user_id) for show in shows))).one())


def _chosen(show: Show, user_id: int) -> list[ColumnElement[bool]]:
    if show is Show.CLOSED:
        return [FollowUp.closed_at.is_not(None)]
    conditions: list[ColumnElement[bool]] = [FollowUp.closed_at.is_(None)]
    if show is Show.MINE:
        conditions.append(FollowUp.owner_user_id == user_id)
    elif show is Show.OVERDUE:
        conditions.append(FollowUp.due_at < now())
    return conditions


def find_follow_up(follow_up_id: int) -> FollowUp:
    """One of the account's, with all that a page shows. Raises `NotFound`."""
    found = db.session.scalar(select(FollowUp).where(FollowUp.id == follow_up_id).options(*_shown()))
    if found is None:
        raise NotFound
    return found


@cache
def _covering_rows() -> Select[FollowUp]:
    """Built once, for each page of the log."""
    return (
        select(FollowUp)
        .where(
            among(FollowUp.number, "numbers"),
            FollowUp.last_missed_at >= bindparam("first"),
            FollowUp.first_missed_at <= bindparam("last"),
        )
        .options(*_shown())
    )


def follow_ups_of(calls: Iterable[CallRecord | LoggedCall]) -> dict[int, FollowUp]:
    """What the missed ones of these calls made, by the call's row id. One query."""
    ends = {
        call.id: (number, call.ended_at)
        for call in calls
        if is_missed(call) and call.ended_at is not None and (number := other_side(call)) is not None
    }
    if not ends:
        return {}
    moments = [at for _number, at in ends.values()]
    values = {"numbers": sorted({number for number, _at in ends.values()}), "first": min(moments), "last": max(moments)}
    rows = db.session.scalars(_covering_rows(), values).all()
    return {call_id: row for call_id, end in ends.items() if (row := _covering(rows, *end)) is not None}


def _covering(rows: Sequence[FollowUp], number: str, at: datetime) -> FollowUp | None:
    return next((row for row in rows if row.number == number and row.first_missed_at <= at <= row.last_missed_at), None)


def closed_by(call: CallRecord) -> FollowUp | None:
    """The follow-up that this answered call closed."""
    number = other_side(call)
    if number is None or call.answered_at is None:
        return None
    query = select(FollowUp).where(
        FollowUp.number == number, FollowUp.closed_at == call.answered_at, FollowUp.closing_call_id == call.id
    )
    return db.session.scalar(query.options(*_shown()))


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of the clients who were missed since a moment."""

    missed: int
    called_back: int
    client_called: int
    by_hand: int
    median_seconds: int | None
    """How long those waited whom a call reached, from the first missed call; None where there is none."""

    @property
    def share(self) -> float | None:
        """How many of them were reached, between 0 and 1; None where nobody was missed."""
        return (self.called_back + self.client_called) / self.missed if self.missed else None


def returned(since: datetime) -> Returned:
    """The figures of the clients who were first missed at `since` or later."""
    rows = db.session.execute(
        select(FollowUp.closing, func.count()).where(FollowUp.first_missed_at >= since).group_by(FollowUp.closing)
    )
    counts = {closing: number for closing, number in rows}  # noqa: C416 -- a Row is no pair to the type checker
    reached = counts.get(Closing.CALLED_BACK, 0) + counts.get(Closing.CLIENT_CALLED, 0)
    return Returned(
        missed=sum(counts.values()),
        called_back=counts.get(Closing.CALLED_BACK, 0),
        client_called=counts.get(Closing.CLIENT_CALLED, 0),
        by_hand=counts.get(Closing.BY_HAND, 0),
        median_seconds=_median(since, reached),
    )


def _median(since: datetime, reached: int) -> int | None:
    if not reached:
        return None
    waits = db.session.execute(
        select(FollowUp.first_missed_at, FollowUp.closed_at).where(
            FollowUp.first_missed_at >= since, FollowUp.closing.in_([Closing.CALLED_BACK, Closing.CLIENT_CALLED])
        )
    )
    seconds = sorted((closed - first).total_seconds() for first, closed in waits if closed is not None)
    return round((seconds[(len(seconds) - 1) // 2] + seconds[len(seconds) // 2]) / 2)
