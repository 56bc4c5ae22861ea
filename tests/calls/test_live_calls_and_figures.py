"""What goes on now, and how today compares with a week ago."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import time_machine
from flask import Flask

from portal.calls.queries import DayFigures, today
from portal.contacts.models import CrmUser
from portal.kernel.db import db, transaction
from portal.telephony.engine import CallKind, CallOutcome
from portal.telephony.lines import add_sip_line
from portal.telephony.plan import Skipped, SkipReason, Target
from tests.browser import Browser
from tests.calls.factory import CALLER, IGOR_PHONE, NOON, OLGA_PHONE, Story, tell, tell_whole
from tests.contacts.desk import inside
from tests.people import Cast

MOSCOW = ZoneInfo("Europe/Moscow")


def test_a_live_call_shows_who_rings_and_who_was_skipped(app: Flask, cast: Cast, boris: Browser) -> None:
    skipped = (Skipped(Target(IGOR_PHONE, "Igor Batov"), SkipReason.BUSY),)
    story = Story(cast.north, skipped=skipped)
    tell(app, story.started())

    fragment = boris.fragment("/calls/live").get_data(as_text=True)

    assert 'id="live-calls"' in fragment
    assert 'hx-trigger="calls-changed from:body"' in fragment
    assert story.api_call_id in fragment
    assert "Olga Manoli" in fragment
    assert "Igor Batov" in fragment


def test_a_live_call_to_the_outside_shows_who_makes_it(app: Flask, cast: Cast, boris: Browser) -> None:
    story = Story(cast.north, kind=CallKind.OUTGOING, caller=OLGA_PHONE, callee=CALLER, did=None)

    def phones() -> list[tuple[str, str]]:
        page = boris.fragment("/calls/live").get_data(as_text=True)
        items = re.findall(r"<li>.*?<b>(.*?)</b>(.*?)</li>", page, re.DOTALL)
        return [(re.sub(r"\D", "", who), re.sub(r"<[^>]*>", " ", rest).split()[0]) for who, rest in items]

    tell(app, story.started())
    assert phones() == [(OLGA_PHONE[4:], "на"), (CALLER, "звонит")]
    tell(app, story.answered())
    assert phones() == [(OLGA_PHONE[4:], "говорит"), (CALLER, "говорит")]


def test_a_live_call_of_an_employee_with_a_name_shows_the_name(app: Flask, cast: Cast, boris: Browser) -> None:
    with inside(app, cast.north):
        line = add_sip_line(OLGA_PHONE)
        db.session.add(CrmUser(name="Olga Manoli", sip_line_id=line.id))
    tell(app, Story(cast.north, kind=CallKind.OUTGOING, caller=OLGA_PHONE, callee=CALLER, did=None).started())

    assert "<b>Olga Manoli</b>" in boris.fragment("/calls/live").get_data(as_text=True)


def test_without_scripts_the_live_calls_are_a_page(app: Flask, cast: Cast, anna: Browser) -> None:
    tell(app, Story(cast.north).started())

    assert "live-call" in anna.get("/calls/live").get_data(as_text=True)


def test_strangers_and_ended_calls_are_not_live(app: Flask, cast: Cast, anna: Browser, clara: Browser) -> None:
    tell_whole(app, Story(cast.north))
    tell(app, Story(cast.north).started())

    assert anna.fragment("/calls/live").get_data(as_text=True).count('class="live-call"') == 1
    assert clara.fragment("/calls/live").get_data(as_text=True).count('class="live-call"') == 0


@time_machine.travel(NOON, tick=False)
def test_today_is_compared_with_the_same_hours_a_week_ago(app: Flask, cast: Cast) -> None:
    week = timedelta(days=7)
    for started_at, answered_after in (
        (NOON - timedelta(hours=1), 3.0),
        (NOON - timedelta(hours=2), None),
        (NOON - timedelta(hours=13), 3.0),  # yesterday in Moscow
        (NOON - week - timedelta(hours=1), 3.0),
        (NOON - week + timedelta(hours=1), 3.0),  # later than this hour
    ):
        tell_whole(app, Story(cast.north, started_at=started_at, answered_after=answered_after))
    tell_whole(app, Story(cast.south, started_at=NOON - timedelta(hours=1)))
    closed = Story(cast.north, started_at=NOON - timedelta(hours=3), answered_after=None, outcome=CallOutcome.CLOSED)
    tell_whole(app, closed)

    with app.app_context(), transaction(cast.north, writes=False):
        figures = today(MOSCOW)

    assert figures.now == DayFigures(calls=3, answered=1, missed=1)
    assert figures.week_ago == DayFigures(calls=1, answered=1, missed=0)
