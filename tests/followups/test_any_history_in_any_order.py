"""However calls are told, late, twice or corrected, and whatever people close and open again meanwhile: the follow-ups
are those that the sorted history gives.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.accounts.services import open_account
from portal.calls.journal.ingest import Journal
from portal.followups import services
from portal.followups.models import Closing, FollowUp, Reason
from portal.kernel.db import db
from portal.telephony.engine import CallChange, CallKind, CallSnapshot
from tests.calls.factory import NOON, OLGA_PHONE, Story
from tests.contacts.desk import inside
from tests.followups.history import kept, worked_out

NUMBERS = ["79039998877", "79031112233"]


@st.composite
def stories(draw: st.DrawFn) -> list[CallSnapshot]:
    """A call: missed or answered, in or out, told at once or in pieces, perhaps twice, perhaps corrected later."""
    number = draw(st.sampled_from(NUMBERS))
    is_incoming = draw(st.booleans())
    seconds = draw(st.sampled_from([5.0, 20.0]))
    story = Story(
        0,
        kind=CallKind.INCOMING if is_incoming else CallKind.OUTGOING,
        caller=number if is_incoming else OLGA_PHONE,
        callee=OLGA_PHONE if is_incoming else number,
        started_at=NOON + timedelta(minutes=draw(st.integers(0, 6))),
        answered_after=draw(st.sampled_from([None, seconds])),
        gave_up_after=seconds,
    )
    told = [story.finished()]
    if story.answered_after is not None and draw(st.booleans()):
        told = [story.started(), story.answered(), story.finished()]
    if draw(st.booleans()):
        told.append(told[0])
    if story.answered_after is None and draw(st.integers(0, 4)) == 0:
        told.append(replace(replace(story, answered_after=3.0).finished(), version=4))
    return told


acts = st.one_of(stories(), st.sampled_from(["close", "reopen"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(history=st.lists(acts, max_size=14), minute=st.integers(0, 7))
def test_follow_ups_are_those_of_the_sorted_history(
    app: Flask, history: list[list[CallSnapshot] | str], minute: int
) -> None:
    with app.app_context():
        account = open_account(app.extensions["portal.vault"], "Any")
    with time_machine.travel(NOON + timedelta(minutes=minute, seconds=10), tick=False):
        for act in history:
            if isinstance(act, str):
                _decide(app, account, act)
            else:
                for snapshot in act:
                    Journal(app).record(replace(snapshot, account_id=account), CallChange.FINISHED)
        assert kept(app, account) == worked_out(app, account)


def _decide(app: Flask, account: int, act: str) -> None:
    """Somebody closes the first open one, or opens again the last that was closed by hand."""
    is_it = FollowUp.closed_at.is_(None) if act == "close" else FollowUp.closing == Closing.BY_HAND
    with inside(app, account):
        found = db.session.scalar(select(FollowUp.id).where(is_it).order_by(FollowUp.id).limit(1))
        if found is None:
            return
        if act == "close":
            services.close(found, Reason.NO_NEED, "", "Anna")
        else:
            services.reopen(found)
