"""Calls that nobody answered and talks that ended the wait, two hours ago and later."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select

from portal.followups.models import FollowUp
from portal.followups.queries import Show, counts
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.telephony.engine import CallKind
from tests.calls.factory import CALLER, OLGA_PHONE, Story, tell_whole
from tests.contacts.desk import inside

EN = {"Accept-Language": "en"}
START = now().replace(microsecond=0) - timedelta(hours=2)
MOSCOW = ZoneInfo("Europe/Moscow")


def missed(app: Flask, account_id: int, minutes: int = 0, **more: object) -> Story:
    """A call that nobody answers, so many minutes after `START`."""
    story = Story(account_id, answered_after=None, started_at=START + timedelta(minutes=minutes), **more)  # type: ignore[arg-type]
    return tell_whole(app, story)


def answered(app: Flask, account_id: int, minutes: int, kind: CallKind = CallKind.INCOMING) -> Story:
    """A talk with the same client."""
    caller, callee = (CALLER, OLGA_PHONE) if kind is CallKind.INCOMING else (OLGA_PHONE, CALLER)
    at = START + timedelta(minutes=minutes)
    return tell_whole(app, Story(account_id, kind=kind, caller=caller, callee=callee, started_at=at))


def the_one(app: Flask, account_id: int) -> FollowUp:
    """The account's only follow-up, with its owner."""
    with inside(app, account_id):
        return db.session.scalars(select(FollowUp)).one()


def opened(app: Flask, account_id: int) -> int:
    """How many are open."""
    with inside(app, account_id):
        return counts(Show.OPEN)[0]
