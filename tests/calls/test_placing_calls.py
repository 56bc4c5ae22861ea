"""Calls that people place from the cabinet: on a real engine, by those who may."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from portal.telephony import orders
from tests.browser import Browser
from tests.calls.factory import Story, tell, tell_whole
from tests.people import DARIA, Cast, Person
from tests.telephony.exchange import IGOR, OLGA, engine, find_call, finished, until, wire


@pytest.fixture
def north(app: Flask, cast: Cast) -> int:
    """North with a number, two phones and some money."""
    wire(app, cast.north)
    return cast.north


@pytest.fixture
def switch(app: Flask, north: int) -> Iterator[None]:
    """The switch runs, twenty times as fast as life."""
    with engine(app, speed=20.0):
        yield


def calls_on(browser: Browser, url: str) -> list[str]:
    """The ids of the calls that a page shows."""
    return re.findall(r'href="/calls/([0-9a-f]{32})"', browser.get(url).get_data(as_text=True))


def the_call_on(browser: Browser, url: str) -> str:
    """The one call that a page shows, as soon as it does: the switch writes in its own time."""
    (api_call_id,) = until(lambda: calls_on(browser, url))
    return api_call_id


def test_a_test_call_comes_in_and_reaches_the_log(app: Flask, north: int, switch: None, anna: Browser) -> None:
    answer = anna.submit("/calls/test", htmx=True)

    assert answer.status_code == 200
    assert 'id="live-calls"' in answer.get_data(as_text=True)
    assert "portal:toast" in answer.headers["HX-Trigger"]
    api_call_id = the_call_on(anna, "/calls")
    assert finished(app, north, api_call_id).did == "74951234567"


def test_without_scripts_a_test_call_leads_to_the_calls_in_progress(north: int, switch: None, anna: Browser) -> None:
    answer = anna.submit("/calls/test", {"caller": "8 903 999-88-77"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/calls/live")
    assert anna.get("/calls/live").status_code == 200


def test_a_call_is_placed_by_a_click(app: Flask, north: int, switch: None, anna: Browser) -> None:
    answer = anna.submit("/calls/originate", {"caller": OLGA, "callee": "8 (903) 999-88-70"})

    assert answer.status_code == 303
    api_call_id = the_call_on(anna, "/calls")
    call = finished(app, north, api_call_id)
    assert (call.caller, call.callee) == (OLGA, "79039998870")


def test_a_form_that_is_sent_twice_places_one_call(app: Flask, north: int, switch: None, anna: Browser) -> None:
    """B7: a double click, or a reload of the answer."""
    page = anna.get("/calls/new").get_data(as_text=True)
    request_id = re.findall(r'name="request_id"[^>]* value="([^"]+)"', page)[0]
    typed = {"caller": OLGA, "callee": "8 (903) 999-88-70", "request_id": request_id}

    answers = [anna.submit("/calls/originate", typed) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    finished(app, north, the_call_on(anna, "/calls"))
    assert len(calls_on(anna, "/calls")) == 1


def test_the_form_offers_the_accounts_phones_and_whom_to_call_back(north: int, anna: Browser) -> None:
    page = anna.get("/calls/new?to=79039998877").get_data(as_text=True)

    assert OLGA in page
    assert IGOR in page
    assert 'value="79039998877"' in page


def test_a_caller_from_another_land_is_called_back_there(app: Flask, north: int, switch: None, anna: Browser) -> None:
    """4722345678 is a number in Oslo, and as people write at home one in Belgorod."""
    story = tell_whole(app, Story(north, caller="4722345678"))
    page = anna.get(f"/calls/{story.api_call_id}").get_data(as_text=True)
    (link,) = re.findall(r'href="(/calls/new[^"]*)"', page)
    form = anna.get(html.unescape(link)).get_data(as_text=True)
    (callee,) = re.findall(r'name="callee"[^>]* value="([^"]+)"', form)

    anna.submit("/calls/originate", {"caller": OLGA, "callee": html.unescape(callee)})

    (placed,) = until(lambda: set(calls_on(anna, "/calls")) - {story.api_call_id})
    assert finished(app, north, placed).callee == "4722345678"


def chosen_phone(page: str) -> str:
    """The choice with which the form comes up."""
    options = re.findall(r"<option([^>]*)>", re.findall(r'<select[^>]* name="caller".*?</select>', page, re.DOTALL)[0])
    chosen = [each for each in options if "selected" in each] or options[:1]
    return re.findall(r'value="([^"]*)"', chosen[0])[0]


FORMS = ["/calls/new", "/calls/new?to=79039998877", "/calls/new?to=%2B79039998877&back=/followups"]


@pytest.mark.parametrize("url", FORMS)
def test_nobodys_phone_is_rung_by_a_careless_press(north: int, anna: Browser, url: str) -> None:
    page = anna.get(url).get_data(as_text=True)
    assert chosen_phone(page) == ""
    assert "выберите свой телефон" in page

    answer = anna.submit("/calls/originate", {"caller": "", "callee": "79039998877"})

    assert answer.status_code == 422
    assert "Выберите телефон, который зазвонит первым" in answer.get_data(as_text=True)
    assert calls_on(anna, "/calls") == []


def test_the_phone_of_the_last_call_is_offered_to_that_person_alone(
    north: int, switch: None, anna: Browser, browse: Callable[[Person], Browser]
) -> None:
    for phone in (IGOR, OLGA):
        assert anna.submit("/calls/originate", {"caller": phone, "callee": "79039998870"}).status_code == 303

    assert [chosen_phone(anna.get(url).get_data(as_text=True)) for url in FORMS] == [OLGA] * len(FORMS)
    assert chosen_phone(browse(DARIA).get("/calls/new").get_data(as_text=True)) == ""


def test_a_call_that_was_refused_makes_no_phone_ones_own(north: int, anna: Browser) -> None:
    assert anna.submit("/calls/originate", {"caller": OLGA, "callee": OLGA}).status_code == 422

    assert chosen_phone(anna.get("/calls/new").get_data(as_text=True)) == ""


@pytest.mark.parametrize(
    ("caller", "callee"),
    [
        (OLGA, ""),
        ("", "79039998877"),
        (OLGA, "nobody"),
        (OLGA, OLGA),
        ("SIP/not-ours", "79039998877"),
        (OLGA, "1" * 70),
    ],
)
def test_wrong_input_is_told_at_the_field_and_what_was_typed_stays(
    north: int, anna: Browser, caller: str, callee: str
) -> None:
    answer = anna.submit("/calls/originate", {"caller": caller, "callee": callee})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "field-error" in page
    assert f'value="{callee}"' in page
    assert calls_on(anna, "/calls") == []


def test_without_a_switch_it_is_said_and_nothing_happens(
    north: int, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE_SECONDS", 0.05)

    assert anna.submit("/calls/test").status_code == 503
    assert anna.submit("/calls/originate", {"caller": OLGA, "callee": IGOR}).status_code == 503


def test_a_call_that_goes_on_is_hung_up(app: Flask, north: int, anna: Browser) -> None:
    with engine(app, speed=1.0):
        anna.submit("/calls/originate", {"caller": OLGA, "callee": IGOR})
        api_call_id = the_call_on(anna, "/calls/live")

        answer = anna.submit(f"/calls/{api_call_id}/hang-up", htmx=True)

        assert answer.status_code == 200
        assert finished(app, north, api_call_id).answered_at is None


def test_a_viewer_places_and_ends_no_calls(app: Flask, north: int, boris: Browser) -> None:
    story = Story(north)
    tell(app, story.started())

    for url in ("/calls/test", "/calls/originate", f"/calls/{story.api_call_id}/hang-up"):
        assert boris.submit(url).status_code == 403
    assert boris.get("/calls/new").status_code == 403
    page = boris.get("/calls/live").get_data(as_text=True)
    assert "/calls/test" not in page
    assert "hang-up" not in page


def test_nobody_ends_a_strangers_call(app: Flask, north: int, clara: Browser) -> None:
    story = Story(north)
    tell(app, story.started())

    assert clara.submit(f"/calls/{story.api_call_id}/hang-up").status_code == 404
    call = find_call(app, north, story.api_call_id)
    assert call is not None
    assert call.ended_at is None
