"""Missed calls as people work on them: who sees and may do what, and what each act leaves behind."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from portal.contacts import services as contacts
from portal.followups.models import Closing, FollowUp
from portal.followups.queries import Show, count, returned
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.telephony.engine import CallKind, CallOutcome
from portal.telephony.lines import add_did
from tests.browser import Browser
from tests.calls.factory import CALLER, OLGA_PHONE, Story, tell_whole
from tests.contacts.desk import actions, add_users, inside
from tests.people import Cast

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
        row = db.session.scalars(select(FollowUp)).one()
        assert row.owner_name is not False
        return row


def opened(app: Flask, account_id: int) -> int:
    """How many are open."""
    with inside(app, account_id):
        return count(Show.OPEN)


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


def test_who_takes_it_is_seen_by_all(app: Flask, cast: Cast, anna: Browser, boris: Browser) -> None:
    missed(app, cast.north)
    row = the_one(app, cast.north)

    answer = anna.submit(f"/calls/missed/{row.id}/take", htmx=True)

    assert answer.status_code == 200
    assert "followups-changed" in answer.headers["HX-Trigger"]
    assert "Anna Sever" in boris.get("/calls/missed").get_data(as_text=True)
    assert f"/calls/missed/{row.id}" in anna.get("/calls/missed?show=mine").get_data(as_text=True)
    assert f"/calls/missed/{row.id}" not in boris.get("/calls/missed?show=mine").get_data(as_text=True)


def test_it_is_handed_on_to_a_crm_user_and_to_nobody(app: Flask, cast: Cast, anna: Browser) -> None:
    (olga,) = add_users(app, cast.north, "Olga Manoli")
    missed(app, cast.north)
    page = f"/calls/missed/{the_one(app, cast.north).id}"

    assert anna.submit(f"{page}/assign", {"owner": f"crm-{olga}"}).status_code == 303
    assert "Olga Manoli" in anna.get("/calls/missed").get_data(as_text=True)
    assert anna.submit(f"{page}/assign", {"owner": ""}).status_code == 303
    assert the_one(app, cast.north).owner_crm_user_id is None
    for nonsense in ("user-999999", "crm-0", "boss-1", "user-", "user-²"):
        assert anna.submit(f"{page}/assign", {"owner": nonsense}).status_code == 422


def test_another_accounts_people_cannot_be_given_work(app: Flask, cast: Cast, anna: Browser) -> None:
    (stranger,) = add_users(app, cast.south, "Sergey South")
    missed(app, cast.north)

    url = f"/calls/missed/{the_one(app, cast.north).id}/assign"

    assert anna.submit(url, {"owner": f"crm-{stranger}"}).status_code == 422
    assert "Sergey South" not in anna.get(url.removesuffix("/assign")).get_data(as_text=True)


def test_the_time_can_be_changed_and_stays(app: Flask, cast: Cast, anna: Browser) -> None:
    missed(app, cast.north)
    url = f"/calls/missed/{the_one(app, cast.north).id}/due"
    wanted = (START + timedelta(hours=9)).replace(second=0)

    assert anna.submit(url, {"due": f"{wanted.astimezone(MOSCOW):%Y-%m-%dT%H:%M}"}).status_code == 303
    missed(app, cast.north, minutes=-30)

    assert the_one(app, cast.north).due_at == wanted
    for wrong in ("", "soon", "2020-01-01T10:00", "9999-12-31T23:59", "0001-01-01T00:00"):
        answer = anna.submit(url, {"due": wrong})
        assert answer.status_code == 422
        assert "field-error" in answer.get_data(as_text=True)


def test_closed_by_hand_it_says_why_and_by_whom_and_is_opened_again(app: Flask, cast: Cast, anna: Browser) -> None:
    missed(app, cast.north)
    url = f"/calls/missed/{the_one(app, cast.north).id}"

    answer = anna.submit(f"{url}/close", {"reason": "not-a-client", "note": "wrong number"}, htmx=True)

    assert f"{url}/reopen" in answer.headers["HX-Trigger"]
    assert opened(app, cast.north) == 0
    page = anna.get(url, headers=EN).get_data(as_text=True)
    assert "closed: not a client" in page
    assert "wrong number" in page
    assert "Anna Sever" in page
    assert anna.submit(f"{url}/close", {"reason": "no-need"}).status_code == 409
    assert anna.submit(f"{url}/reopen").status_code == 303
    assert opened(app, cast.north) == 1
    assert list(actions(app, cast.north))[-2:] == ["follow_up.close", "follow_up.reopen"]


@pytest.mark.parametrize(
    "form", [{"reason": "", "note": ""}, {"reason": "other"}, {"reason": "no-need", "note": "x" * 501}]
)
def test_a_reason_is_asked_for(app: Flask, cast: Cast, anna: Browser, form: dict[str, str]) -> None:
    missed(app, cast.north)

    answer = anna.submit(f"/calls/missed/{the_one(app, cast.north).id}/close", form)

    assert answer.status_code == 422
    assert "field-error" in answer.get_data(as_text=True)
    assert opened(app, cast.north) == 1


def test_what_a_call_closed_nobody_opens_again(app: Flask, cast: Cast, anna: Browser) -> None:
    missed(app, cast.north)
    answered(app, cast.north, 2)

    assert anna.submit(f"/calls/missed/{the_one(app, cast.north).id}/reopen").status_code == 409


@pytest.mark.parametrize("act", ["take", "assign", "due", "close", "reopen"])
def test_a_viewer_sees_and_a_stranger_does_not(
    app: Flask, cast: Cast, boris: Browser, clara: Browser, act: str
) -> None:
    missed(app, cast.north)
    url = f"/calls/missed/{the_one(app, cast.north).id}"

    page = boris.get(url)
    assert page.status_code == 200
    assert f"{url}/{act}" not in page.get_data(as_text=True)
    assert boris.submit(f"{url}/{act}").status_code == 403
    assert clara.get(url).status_code == 404
    assert (
        clara.submit(f"{url}/{act}", {"owner": "", "due": "2026-11-23T18:30", "reason": "no-need"}).status_code == 404
    )
    assert "empty--nothing" in clara.get("/calls/missed").get_data(as_text=True)


def test_the_menu_and_the_overview_count_the_open_ones(app: Flask, cast: Cast, anna: Browser) -> None:
    missed(app, cast.north)
    missed(app, cast.north, caller="79031112233")

    page = anna.get("/", headers=EN).get_data(as_text=True)

    assert re.search(r'href="/calls/missed"[^>]*>.*?<span class="count">2</span>', page, re.DOTALL)
    tile = next(tile for tile in page.split('class="stat"')[1:] if "To call back" in tile)
    assert 'href="/calls/missed?show=overdue"' in tile
    assert 'stat-value">2<' in tile


def test_the_list_can_be_narrowed_and_turned(app: Flask, cast: Cast, anna: Browser) -> None:
    missed(app, cast.north)
    missed(app, cast.north, minutes=110, caller="79031112233")

    def numbers(query: str) -> list[str]:
        page = anna.get(f"/calls/missed{query}").get_data(as_text=True)
        return re.findall(r'href="/calls/new\?to=(\d+)', page)

    assert numbers("") == [CALLER, "79031112233"]
    assert numbers("?sort=newest") == ["79031112233", CALLER]
    assert numbers("?show=overdue") == [CALLER]
    assert numbers("?show=closed") == []
    assert numbers("?show=%00&sort=up&page=zzz") == [CALLER, "79031112233"]


@pytest.mark.parametrize("query", ["", "&sort=newest"])
def test_the_pager_leads_over_all_of_them_and_back(app: Flask, cast: Cast, anna: Browser, query: str) -> None:
    for n in range(55):
        missed(app, cast.north, minutes=n, caller=f"790311122{n:02}")

    def read(url: str) -> tuple[list[str], str]:
        page = anna.get(url).get_data(as_text=True)
        links = dict(re.findall(r'rel="(next|prev)" href="([^"]+)"', page))
        return re.findall(r'href="/calls/new\?to=(\d+)', page), links.get("next") or links.get("prev", "")

    first, following = read(f"/calls/missed?x=1{query}")
    second, back = read(following.replace("&amp;", "&"))

    assert len(first) == 50
    assert len(set(first + second)) == 55
    assert read(back.replace("&amp;", "&"))[0] == first


def test_a_call_in_the_log_and_its_page_tell_what_became_of_it(app: Flask, cast: Cast, anna: Browser) -> None:
    story = missed(app, cast.north)
    page = f"/calls/{story.api_call_id}"
    assert "overdue" in anna.get(page, headers=EN).get_data(as_text=True)

    back = answered(app, cast.north, 7, CallKind.OUTGOING)

    for url in ("/calls", page, f"/calls/{back.api_call_id}"):
        assert "called back after 6 min" in anna.get(url, headers=EN).get_data(as_text=True)


def test_figures_tell_how_many_were_reached_and_how_soon(app: Flask, cast: Cast) -> None:
    missed(app, cast.north)
    answered(app, cast.north, 10, CallKind.OUTGOING)
    missed(app, cast.north, minutes=20)
    answered(app, cast.north, 22)
    missed(app, cast.north, minutes=30)
    missed(app, cast.south)

    with inside(app, cast.north):
        figures = returned(START)

    assert (figures.missed, figures.called_back, figures.client_called) == (3, 1, 1)
    assert figures.share == pytest.approx(2 / 3)
    assert figures.median_seconds == (10 * 60 - 15 + 2 * 60 - 15) / 2
