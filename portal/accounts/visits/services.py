"""Beginning and ending a visit. Both leave a line in the account's own trail, in the operator's name."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.accounts.audit import audit
from portal.accounts.models import Membership
from portal.accounts.visits.models import OperatorVisit
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound

LONGEST = timedelta(minutes=30)
_OPEN = OperatorVisit.ended_at.is_(None)


def begin_visit(session_id: int, operator_id: int, account_id: int, user_id: int) -> OperatorVisit:
    """From now on this session of the operator's sees the account as that person does.

    A visit that the session has not left is over by it. Raises `NotFound` for nobody who may come in there.
    """
    membership = db.session.get(Membership, (user_id, account_id))
    if membership is None or membership.is_disabled or membership.user.is_disabled:
        raise NotFound
    end_visit(session_id)
    moment = now()
    visit = OperatorVisit(
        session_id=session_id,
        operator_id=operator_id,
        user_id=user_id,
        account_id=account_id,
        began_at=moment,
        until=moment + LONGEST,
    )
    db.session.add(visit)
    db.session.flush()
    after = {"minutes": int(LONGEST.total_seconds() // 60)}
    audit("visit.begin", membership.user.email, after=after, account_id=account_id)
    return visit


def find_visit(session_id: int) -> OperatorVisit | None:
    """The visit that a session is at; None where there is none, its time is up, or its person is let in no more."""
    visit = db.session.scalar(
        select(OperatorVisit)
        .where(OperatorVisit.session_id == session_id, _OPEN, OperatorVisit.until > now())
        .options(joinedload(OperatorVisit.user), joinedload(OperatorVisit.account))
    )
    if visit is None or visit.user.is_disabled:
        return None
    membership = db.session.get(Membership, (visit.user_id, visit.account_id))
    return visit if membership is not None and not membership.is_disabled else None


def end_visit(session_id: int) -> int | None:
    """The operator goes; answers the account that was visited, if any."""
    visit = db.session.scalar(
        select(OperatorVisit).where(OperatorVisit.session_id == session_id, _OPEN).with_for_update()
    )
    if visit is None:
        return None
    note_end(visit, "button")
    return visit.account_id


def note_end(visit: OperatorVisit, why: str) -> None:
    """It is over; `why` stands in the trail: `button`, `time`, `session`."""
    visit.ended_at = min(now(), visit.until)
    audit("visit.end", visit.user.email, after={"by": why}, account_id=visit.account_id)
