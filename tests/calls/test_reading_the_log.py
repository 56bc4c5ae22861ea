"""The log as a page: who sees it, what it shows, where its links lead."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.telephony.engine import CallKind
from tests.browser import Browser
from tests.calls.factory import IGOR_PHONE, NOON, OLGA_PHONE, Story, tell, tell_whole
from tests.people import Cast
from tests.support.queries import counted_queries

PEOPLE = ["anna", "boris"]


def rows(response: TestResponse) -> list[str]:
    """The ids of the calls on a page, from top to bottom."""
    return re.findall(r'href="/calls/([0-9a-f]{32})"', response.get_data(as_text=True))


def link(response: TestResponse, rel: str) -> str | None:
    """Where the pager leads."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', response.get_data(as_text=True))
    return unescape(found[1]) if found else None


@pytest.mark.parametrize("person", PEOPLE)
def test_people_of_the_account_see_its_calls(
    app: Flask, cast: Cast, person: str, request: pytest.FixtureRequest
) -> None:
    browser: Browser = request.getfixturevalue(person)
    story = tell_whole(app, Story(cast.north))

    page = browser.get("/calls")

    assert page.status_code == 200
    assert rows(page) == [story.api_call_id]
    assert "+7\N{NO-BREAK SPACE}903" in page.get_data(as_text=True)


def test_a_stranger_sees_none_of_them(app: Flask, cast: Cast, clara: Browser) -> None:
    tell_whole(app, Story(cast.north))

    page = clara.get("/calls")

    assert rows(page) == []
    assert "empty--nothing" in page.get_data(as_text=True)


def test_a_visitor_is_asked_to_sign_in(nobody: Browser) -> None:
    assert nobody.get("/calls").status_code == 303


def test_the_newest_call_stands_on_top(app: Flask, cast: Cast, anna: Browser) -> None:
    older = tell_whole(app, Story(cast.north, started_at=NOON - timedelta(hours=1)))
    newer = tell_whole(app, Story(cast.north))

    assert rows(anna.get("/calls")) == [newer.api_call_id, older.api_call_id]


def test_a_missed_call_has_a_shape_of_its_own(app: Flask, cast: Cast, anna: Browser) -> None:
    tell_whole(app, Story(cast.north, answered_after=None))

    page = anna.get("/calls").get_data(as_text=True)

    assert 'class="is-missed"' in page
    assert "direction--missed" in page


def test_a_call_that_lasts_is_in_the_log(app: Flask, cast: Cast, anna: Browser) -> None:
    story = Story(cast.north)
    tell(app, story.started())

    assert rows(anna.get("/calls")) == [story.api_call_id]


def test_the_pager_leads_over_all_pages_and_back(app: Flask, cast: Cast, anna: Browser) -> None:
    stories = [tell_whole(app, Story(cast.north, started_at=NOON - timedelta(minutes=number))) for number in range(60)]
    ids = [story.api_call_id for story in stories]

    first = anna.get("/calls")
    older = link(first, "next")
    assert older is not None
    second = anna.get(older)
    newer = link(second, "prev")
    assert newer is not None

    assert rows(first) + rows(second) == ids
    assert rows(anna.get(newer)) == rows(first)
    assert link(first, "prev") is None
    assert link(second, "next") is None


def test_the_pager_keeps_the_choice(app: Flask, cast: Cast, anna: Browser) -> None:
    for number in range(51):
        tell_whole(app, Story(cast.north, answered_after=None, started_at=NOON - timedelta(minutes=number)))

    older = link(anna.get("/calls?outcome=missed&from=2026-11-01"), "next")

    assert older is not None
    assert older.startswith("/calls?from=2026-11-01&outcome=missed&page=")


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"q": "8 (903) 999"}, True),
        ({"q": "ivan"}, False),
        ({"sip": OLGA_PHONE}, True),
        ({"sip": IGOR_PHONE}, False),
        ({"direction": "out"}, False),
        ({"outcome": "answered", "direction": "in"}, True),
        ({"from": "2026-11-23", "to": "2026-11-23"}, True),
        ({"to": "2026-11-22"}, False),
        ({"record": "yes"}, False),
    ],
)
def test_the_address_chooses(app: Flask, cast: Cast, anna: Browser, query: dict[str, str], is_found: bool) -> None:
    story = tell_whole(app, Story(cast.north))

    page = anna.get("/calls", query_string=query)

    assert rows(page) == ([story.api_call_id] if is_found else [])
    assert ("empty--filtered" in page.get_data(as_text=True)) is not is_found


@pytest.mark.parametrize(
    "query",
    [
        "page=%00",
        "page=WzAsMV0",
        "from=1&to=2",
        "direction=up&q=%ff%00",
        "sip=%27--",
        "page=WzAsOTk5OTk5OTk5OTk5OTk5OTk5LDFd",
    ],
)
def test_nonsense_in_the_address_shows_the_log_with_a_note(app: Flask, cast: Cast, anna: Browser, query: str) -> None:
    tell_whole(app, Story(cast.north))

    page = anna.get(f"/calls?{query}")

    assert page.status_code == 200
    assert 'class="notice notice--info"' in page.get_data(as_text=True)


def test_what_is_typed_into_the_search_stays_text(app: Flask, cast: Cast, anna: Browser) -> None:
    page = anna.get("/calls", query_string={"q": '"><script>alert(1)</script>'}).get_data(as_text=True)

    assert "<script>alert" not in page


def test_htmx_gets_the_list_alone(app: Flask, cast: Cast, anna: Browser) -> None:
    tell_whole(app, Story(cast.north, kind=CallKind.OUTGOING, caller=OLGA_PHONE, callee="79031112233"))

    fragment = anna.fragment("/calls?direction=out")

    assert fragment.get_data(as_text=True).startswith('<div class="stack" id="log">')
    assert len(rows(fragment)) == 1


def test_a_full_page_asks_the_database_as_often_as_a_short_one(app: Flask, cast: Cast, anna: Browser) -> None:
    def asked() -> int:
        with counted_queries(app) as statements:
            anna.get("/calls")
        return len(statements)

    tell_whole(app, Story(cast.north))
    before = asked()
    for number in range(20):
        tell_whole(app, Story(cast.north, is_recorded=True, started_at=NOON - timedelta(minutes=number)))

    assert asked() == before
