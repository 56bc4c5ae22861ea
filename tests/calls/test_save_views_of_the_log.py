"""Views of the log: saved, shared, opened with, removed and brought back; and each person's own columns."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask

from portal.calls.log import periods
from tests.browser import Browser
from tests.calls.factory import Story, tell_whole
from tests.contacts.desk import actions
from tests.people import Cast

EN = {"Accept-Language": "en"}
MISSED = "outcome=missed&direction=in"


def save(browser: Browser, name: str, query: str = MISSED, **more: str) -> str:
    """Saves a view; answers the address that it opens."""
    answer = browser.submit("/calls/views", {"name": name, "query": query, **more})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def view_id(url: str) -> str:
    """Of a view's address."""
    return url.partition("view=")[2]


def headings(browser: Browser, url: str = "/calls") -> list[str]:
    """The columns of the log's table."""
    page = browser.get(url, headers=EN).get_data(as_text=True)
    table = page.partition('id="call-table"')[2].partition("</thead>")[0]
    return [re.sub(r"<[^>]+>", "", heading) for heading in re.findall(r"<th [^>]*>(.*?)</th>", table)]


def test_a_view_opens_the_log_as_it_was_saved(app: Flask, cast: Cast, anna: Browser) -> None:
    url = save(anna, "Потерянные", "outcome=missed&direction=in&nonsense=1&line=")

    assert url.startswith("/calls?direction=in&outcome=missed&view=")
    page = anna.get(url).get_data(as_text=True)
    assert re.search(r'aria-current="true">Потерянные<', page)
    assert "Потерянные" in anna.get("/calls").get_data(as_text=True)


def test_a_period_moves_with_the_days_unless_its_days_are_kept(anna: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    present = datetime(2026, 11, 27, 21, 30, tzinfo=UTC)  # the 28th in Moscow
    monkeypatch.setattr(periods, "clock", SimpleNamespace(now=lambda: present))
    week = "from=2026-11-22&to=2026-11-28"
    assert 'name="moves"' in anna.get(f"/calls?{week}").get_data(as_text=True)
    assert 'name="moves"' not in anna.get("/calls?from=2026-11-21&to=2026-11-28").get_data(as_text=True)
    moving, kept = save(anna, "Неделя", week, moves="y"), save(anna, "Та неделя", week)

    present += timedelta(days=2)

    pages = [anna.get(f"/calls/views/{view_id(url)}").status_code for url in (moving, kept)]
    listed = anna.get("/calls/views").get_data(as_text=True)
    assert pages == [200, 200]
    assert f"/calls?from=2026-11-24&amp;to=2026-11-30&amp;view={view_id(moving)}" in listed
    assert f"/calls?from=2026-11-22&amp;to=2026-11-28&amp;view={view_id(kept)}" in listed


def test_a_view_of_ones_own_is_nobody_elses(app: Flask, cast: Cast, anna: Browser, boris: Browser) -> None:
    mine = save(boris, "Мой вид")

    assert "Мой вид" not in anna.get("/calls/views").get_data(as_text=True)
    for act in ("", "/remove", "/restore", "/default"):
        assert anna.submit(f"/calls/views/{view_id(mine)}{act}", {"name": "x"}).status_code == 404
    assert "notice--info" in anna.get(f"/calls?view={view_id(mine)}").get_data(as_text=True)


def test_a_shared_view_is_everybodys_and_changed_by_those_who_may(
    app: Flask, cast: Cast, anna: Browser, boris: Browser, clara: Browser
) -> None:
    shared = save(anna, "Общий", is_shared="y")

    assert "Общий" in boris.get("/calls").get_data(as_text=True)
    assert boris.submit(f"/calls/views/{view_id(shared)}/remove").status_code == 403
    assert boris.submit("/calls/views", {"name": "x", "query": "", "is_shared": "y"}).status_code == 403
    assert clara.submit(f"/calls/views/{view_id(shared)}/remove").status_code == 404
    assert "Общий" not in clara.get("/calls").get_data(as_text=True)


def test_a_removed_view_comes_back(app: Flask, cast: Cast, anna: Browser) -> None:
    number = view_id(save(anna, "Вид"))

    assert anna.submit(f"/calls/views/{number}/remove").status_code == 303
    assert f"/calls/views/{number}/restore" in anna.get("/calls/views").get_data(as_text=True)
    assert "Вид<" not in anna.get("/calls/views").get_data(as_text=True)
    assert anna.submit(f"/calls/views/{number}/restore").status_code == 303
    assert "Вид<" in anna.get("/calls/views").get_data(as_text=True)
    assert {"view.save", "view.remove", "view.restore"} <= set(actions(app, cast.north))


def test_names_are_asked_for_and_stand_once(app: Flask, cast: Cast, anna: Browser) -> None:
    number = view_id(save(anna, "Вид"))

    for name in ("", "вид", "x" * 81):
        answer = anna.submit("/calls/views", {"name": name, "query": MISSED}, htmx=True)
        assert answer.status_code == 422
        assert 'value="outcome=missed' in answer.get_data(as_text=True)
    assert anna.submit(f"/calls/views/{number}", {"name": ""}).status_code == 422
    assert anna.submit(f"/calls/views/{number}", {"name": "Другой"}).status_code == 303
    assert "Другой" in anna.get("/calls/views").get_data(as_text=True)


def test_the_log_opens_with_the_chosen_view_and_every_call_is_a_click_away(
    app: Flask, cast: Cast, anna: Browser, boris: Browser
) -> None:
    url = save(anna, "Вид")

    assert anna.submit(f"/calls/views/{view_id(url)}/default").status_code == 303

    assert anna.get("/calls").headers["Location"] == url
    assert boris.get("/calls").status_code == 200
    assert 'href="/calls?view=none"' in anna.get(url).get_data(as_text=True)
    assert anna.get("/calls?view=none").status_code == 200
    anna.submit(f"/calls/views/{view_id(url)}/remove")
    assert anna.get("/calls").status_code == 200
    anna.submit(f"/calls/views/{view_id(url)}/restore")
    assert anna.submit("/calls/views/default/clear").status_code == 303
    assert anna.get("/calls").status_code == 200


def test_everybody_chooses_columns_for_oneself(app: Flask, cast: Cast, anna: Browser, boris: Browser) -> None:
    tell_whole(app, Story(cast.north))
    before = headings(boris)

    chosen = {"columns": ["who", "outcome", "nonsense"], "is_dense": "y", "back": "/calls?direction=in"}
    answer = boris.submit("/calls/columns", chosen)

    assert answer.headers["Location"] == "/calls?direction=in"
    assert headings(boris) == ["Time", "Outcome", "Who"]
    assert "is-dense" in boris.get("/calls").get_data(as_text=True)
    assert headings(anna) == before


def test_a_view_may_bring_its_columns(app: Flask, cast: Cast, anna: Browser) -> None:
    tell_whole(app, Story(cast.north))
    anna.submit("/calls/columns", {"columns": ["who"]})
    url = save(anna, "Узкий", "direction=in", keeps_columns="y")
    anna.submit("/calls/columns", {"columns": ["who", "outcome", "talk"]})

    assert headings(anna, url) == ["Time", "Who"]
    assert headings(anna) == ["Time", "Outcome", "Who", "Talk"]


def test_an_address_elsewhere_is_not_gone_back_to(anna: Browser) -> None:
    answer = anna.submit("/calls/columns", {"columns": ["who"], "back": "https://evil.example/"})

    assert answer.headers["Location"] == "/calls"
