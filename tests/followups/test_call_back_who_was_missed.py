"""Missed calls as people work on them: who sees and may do what, and what each act leaves behind."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from portal.followups.queries import returned
from portal.telephony.engine import CallKind
from tests.browser import Browser
from tests.calls.factory import CALLER
from tests.contacts.desk import actions, add_users, inside
from tests.followups.desk import EN, MOSCOW, START, answered, missed, opened, the_one
from tests.people import Cast


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
    assert re.findall(
        r"<th[^>]*>(Done|Outcome)<", anna.get("/calls/missed?show=closed", headers=EN).get_data(as_text=True)
    ) == ["Outcome"]
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
        return re.findall(r'href="/calls/new\?to=%2B(\d+)', page)

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
        return re.findall(r'href="/calls/new\?to=%2B(\d+)', page), links.get("next") or links.get("prev", "")

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
