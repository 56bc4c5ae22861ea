"""Visits end by themselves: none goes on when its time is up, even if the operator has walked away."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import or_, select

from portal.accounts.models import UserSession
from portal.accounts.visits.models import OperatorVisit
from portal.accounts.visits.services import note_end
from portal.kernel.actor import Actor, set_actor
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Periodic


def end_overdue_visits(_app: Flask) -> None:
    """Notes the end of those whose time is up or whose session is over, each in its operator's name."""
    with transaction(writes=False) as session:
        due = session.execute(
            select(OperatorVisit.id, OperatorVisit.account_id)
            .join(UserSession, UserSession.id == OperatorVisit.session_id)
            .where(
                OperatorVisit.ended_at.is_(None),
                or_(OperatorVisit.until <= now(), UserSession.ended_at.is_not(None)),
            )
        ).all()
    for visit_id, account_id in due:
        with transaction(account_id) as session:
            visit = session.get_one(OperatorVisit, visit_id, with_for_update=True)
            if visit.ended_at is None:
                set_actor(Actor(visit.operator.email, visit.operator_id))
                note_end(visit, "time" if visit.until <= now() else "session")


ENDING = Periodic("visits", lambda: _("End of visits that last too long"), timedelta(minutes=1), end_overdue_visits)
