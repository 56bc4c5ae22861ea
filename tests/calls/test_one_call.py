"""The page of one call: its legs on a time line, and nobody else's calls."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from portal.calls.journal import Journal
from portal.calls.models import CallRecord
from portal.calls.queries import find_call
from portal.calls.timeline import Part, Timeline, timeline_of
from portal.contacts.services import add_contact, add_crm_user
from portal.kernel.db import transaction
from portal.telephony.engine import CallKind, CallSnapshot
from portal.telephony.plan import KnownBy, Skipped, SkipReason, Target
from tests.browser import Browser
from tests.calls.factory import CALLER, IGOR_PHONE, NOON, OLGA_PHONE, Story, tell, tell_whole
from tests.people import Cast


def test_a_call_shows_its_legs_and_who_was_skipped(app: Flask, cast: Cast, boris: Browser) -> None:
    skipped = (Skipped(Target(IGOR_PHONE, "Igor Batov"), SkipReason.OFFLINE),)
    story = tell_whole(app, Story(cast.north, skipped=skipped))

    page = boris.get(f"/calls/{story.api_call_id}").get_data(as_text=True)

    assert "Olga Manoli" in page
    assert "Igor Batov" in page
    assert "<svg" in page
    assert story.api_call_id in page


def test_a_call_leads_to_the_contact_and_names_who_looks_after_it(app: Flask, cast: Cast, boris: Browser) -> None:
    with app.app_context(), transaction(cast.north):
        igor = add_crm_user("Igor Batov")
        add_contact("Ivan Petrov", [CALLER], crm_user_id=igor.id)
    story = tell_whole(app, Story(cast.north))

    page = boris.get(f"/calls/{story.api_call_id}").get_data(as_text=True)

    assert "Ivan Petrov" in page
    assert "Igor Batov" in page
    assert f'href="/contacts?q={CALLER}"' in page


def test_a_call_keeps_which_source_said_whose_it_was(app: Flask, cast: Cast, boris: Browser) -> None:
    story = Story(cast.north, known_by=KnownBy("last-talk", "Igor Batov"))
    tell(app, story.started())
    with app.app_context():
        (left,) = Journal(app).open_calls("main")
    tell(app, story.answered(), story.finished())

    page = boris.get(f"/calls/{story.api_call_id}").get_data(as_text=True)

    assert left.known_by == story.known_by
    assert "узнали так: кто говорил последним" in page
    assert "Igor Batov" in page


def test_the_call_of_another_account_is_not_found(app: Flask, cast: Cast, clara: Browser) -> None:
    story = tell_whole(app, Story(cast.north))

    assert clara.get(f"/calls/{story.api_call_id}").status_code == 404


def test_an_id_that_nobody_has_is_not_found(anna: Browser) -> None:
    assert anna.get(f"/calls/{'0' * 32}").status_code == 404
    assert anna.get(f"/calls/{'x' * 32}").status_code == 404
    assert anna.get("/calls/short").status_code == 404


def test_a_call_that_lasts_follows_its_events_and_one_that_is_over_does_not(
    app: Flask, cast: Cast, anna: Browser
) -> None:
    story = Story(cast.north)
    url = f"/calls/{story.api_call_id}"

    tell(app, story.started())
    assert f'hx-get="{url}"' in anna.get(url).get_data(as_text=True)
    tell(app, story.answered(), story.finished())
    assert f'hx-get="{url}"' not in anna.fragment(url).get_data(as_text=True)


def drawn(app: Flask, account_id: int, *snapshots: CallSnapshot) -> Timeline:
    tell(app, *snapshots)
    with app.test_request_context(), transaction(account_id, writes=False):
        call: CallRecord | None = find_call(snapshots[0].api_call_id)
        assert call is not None
        return timeline_of(call, NOON + timedelta(seconds=10))


def test_the_time_line_of_an_answered_call(app: Flask, cast: Cast) -> None:
    timeline = drawn(app, cast.north, Story(cast.north).finished())

    assert timeline.total == 65
    caller, callee = timeline.legs
    assert caller.parts == [Part("wait", 0, 5), Part("talk", 5, 60)]
    assert callee.parts == [Part("wait", 0, 0.2), Part("ring", 0.2, 4.8), Part("talk", 5, 60)]
    assert [tick.text for tick in timeline.ticks][:2] == ["0:00", "0:15"]
    assert timeline.ticks[-1].text == "1:05"


def test_the_time_line_of_a_call_that_rings_reaches_until_now(app: Flask, cast: Cast) -> None:
    timeline = drawn(app, cast.north, Story(cast.north).started())

    assert timeline.total == 10
    assert timeline.legs[0].parts == [Part("wait", 0, 10)]


def test_an_outgoing_call_rings_on_both_sides(app: Flask, cast: Cast) -> None:
    story = Story(cast.north, kind=CallKind.OUTGOING, caller=OLGA_PHONE, callee=CALLER)

    timeline = drawn(app, cast.north, story.finished())

    assert [part.kind for part in timeline.legs[0].parts] == ["ring", "talk"]
