"""Which calls make work, whose it is, when it is due and what ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.contacts import services as contacts
from portal.followups.keeping import recall
from portal.followups.models import Closing, FollowUp
from portal.kernel.db import db
from portal.telephony.engine import CallKind, CallOutcome
from portal.telephony.lines import add_did
from tests.browser import Browser
from tests.calls.factory import CALLER, OLGA_PHONE, Story, tell_whole
from tests.contacts.desk import add_users, inside
from tests.followups.desk import START, answered, missed, opened, the_one
from tests.followups.history import kept, worked_out
from tests.people import Cast


@pytest.mark.parametrize("outcome", [CallOutcome.MISSED, CallOutcome.CLOSED, CallOutcome.INTERRUPTED])
def test_a_missed_call_is_work_also_outside_working_hours(app: Flask, cast: Cast, outcome: CallOutcome) -> None:
    missed(app, cast.north, outcome=outcome)

    assert opened(app, cast.north) == 1
    assert opened(app, cast.south) == 0


def test_the_same_number_again_is_the_same_work(app: Flask, cast: Cast) -> None:
    missed(app, cast.north)
    missed(app, cast.north, minutes=5)

    assert the_one(app, cast.north).misses == 2


@pytest.mark.parametrize(
    ("kind", "closing"), [(CallKind.INCOMING, Closing.CLIENT_CALLED), (CallKind.OUTGOING, Closing.CALLED_BACK)]
)
def test_a_talk_ends_it_whoever_called(app: Flask, cast: Cast, kind: CallKind, closing: Closing) -> None:
    missed(app, cast.north)
    answered(app, cast.north, 7, kind)

    row = the_one(app, cast.north)
    assert row.closing == closing
    assert row.seconds_to_close == 7 * 60 - 20 + 5


def test_an_outgoing_call_that_nobody_answers_ends_nothing(app: Flask, cast: Cast) -> None:
    missed(app, cast.north)
    at = START + timedelta(minutes=3)
    tell_whole(
        app,
        Story(cast.north, kind=CallKind.OUTGOING, caller=OLGA_PHONE, callee=CALLER, started_at=at, answered_after=None),
    )

    assert opened(app, cast.north) == 1


def test_withheld_numbers_own_lines_and_employees_make_no_work(app: Flask, cast: Cast) -> None:
    with inside(app, cast.north):
        add_did("74950000001")
    missed(app, cast.north, caller="")
    missed(app, cast.north, caller="74950000001")
    missed(app, cast.north, kind=CallKind.INTERNAL, caller=OLGA_PHONE, callee="SIP/00000000673")

    assert opened(app, cast.north) == 0


def test_the_blacklist_and_employees_own_mobiles_make_no_work(app: Flask, cast: Cast) -> None:
    (olga,) = add_users(app, cast.north, "Olga Manoli")
    with inside(app, cast.north):
        contacts.set_mobile(olga, "+7 916 000-00-01")
    missed(app, cast.north, caller="79160000001")
    missed(app, cast.north, outcome=CallOutcome.BLOCKED)
    assert opened(app, cast.north) == 0

    missed(app, cast.north, minutes=5)
    assert the_one(app, cast.north).misses == 1


def test_a_contacts_own_employee_gets_the_work(app: Flask, cast: Cast, anna: Browser) -> None:
    (olga,) = add_users(app, cast.north, "Olga Manoli")
    with inside(app, cast.north):
        contacts.add_contact("Ivan", [CALLER], crm_user_id=olga)
    missed(app, cast.north)

    page = anna.get("/calls/missed").get_data(as_text=True)

    assert "Olga Manoli" in page
    assert ">Ivan</a>" in page


def test_it_is_due_half_an_hour_later_or_as_the_account_says(app: Flask, cast: Cast, anna: Browser) -> None:
    missed(app, cast.north)
    row = the_one(app, cast.north)
    assert row.due_at - row.first_missed_at == timedelta(minutes=30)

    assert anna.submit("/calls/missed/rules", {"minutes": "3"}).status_code == 422
    assert anna.submit("/calls/missed/rules", {"minutes": "15"}).status_code == 303
    missed(app, cast.north, caller="79031112233")

    with inside(app, cast.north):
        later = db.session.scalars(select(FollowUp).where(FollowUp.number == "79031112233")).one()
        assert later.due_at - later.first_missed_at == timedelta(minutes=15)


def test_calls_that_were_written_at_once_are_recalled(app: Flask, cast: Cast) -> None:
    missed(app, cast.north)
    answered(app, cast.north, 3)
    missed(app, cast.north, minutes=5)
    with inside(app, cast.north):
        for row in db.session.scalars(select(FollowUp)):
            db.session.delete(row)

    with inside(app, cast.north):
        recall(START)

    assert kept(app, cast.north) == worked_out(app, cast.north)
    assert opened(app, cast.north) == 1
