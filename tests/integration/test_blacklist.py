"""Numbers whose calls are refused: on a page of their own, and from the page of a call."""

import html
import re

import pytest
from flask import Flask

from portal.calls.journal import Journal
from portal.routing.blacklist import blacklist
from portal.telephony.engine import CallChange
from tests.browser import Browser
from tests.calls.factory import Story
from tests.contacts.desk import actions, inside
from tests.people import Cast

PAGE = "/integration/blacklist"
WRITTEN = {"number": "8 (903) 999-88-77", "note": "sells windows"}


def listed(app: Flask, account_id: int) -> list[tuple[str, str]]:
    with inside(app, account_id):
        return [(entry.number, entry.note) for entry in blacklist()]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_number_is_added_as_people_write_it(app: Flask, cast: Cast, anna: Browser, htmx: bool) -> None:
    answer = anna.submit(PAGE, WRITTEN, htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    assert listed(app, cast.north) == [("79039998877", "sells windows")]
    assert "sells windows" in anna.get(PAGE).get_data(as_text=True)
    assert actions(app, cast.north)[-1] == "blacklist.add"


def test_a_number_that_is_there_gets_the_new_note_and_no_second_row(app: Flask, cast: Cast, anna: Browser) -> None:
    anna.submit(PAGE, WRITTEN)
    anna.submit(PAGE, {"number": "+79039998877", "note": "sells doors"})

    assert listed(app, cast.north) == [("79039998877", "sells doors")]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("number", ["", "nobody", "12"])
def test_what_is_no_number_is_refused_and_kept(anna: Browser, number: str, htmx: bool) -> None:
    answer = anna.submit(PAGE, WRITTEN | {"number": number}, htmx=htmx)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#number"' in page
    assert "sells windows" in page


def test_a_removal_can_be_taken_back(app: Flask, cast: Cast, anna: Browser) -> None:
    anna.submit(PAGE, WRITTEN)
    found = re.search(r"/integration/blacklist/(\d+)/remove", anna.get(PAGE).get_data(as_text=True))
    assert found

    anna.submit(found[0])
    assert listed(app, cast.north) == []
    anna.submit(f"{PAGE}/{found[1]}/restore")
    assert listed(app, cast.north) == [("79039998877", "sells windows")]


def test_a_caller_is_blocked_from_the_page_of_the_call(app: Flask, cast: Cast, anna: Browser) -> None:
    call = Story(cast.north).finished()
    Journal(app).record(call, CallChange.FINISHED)
    page = f"/calls/{call.api_call_id}"
    assert "/integration/blacklist" in anna.get(page).get_data(as_text=True)

    answer = anna.submit(PAGE, {"number": call.caller, "call": call.api_call_id})

    assert answer.status_code == 303
    assert answer.location == page
    assert listed(app, cast.north) == [(call.caller, "")]
    assert "/integration/blacklist/" in anna.get(page).get_data(as_text=True)


def test_a_caller_from_another_land_is_blocked_there(app: Flask, cast: Cast, anna: Browser) -> None:
    """4722345678 is a number in Oslo, and as people write at home one in Belgorod."""
    call = Story(cast.north, caller="4722345678").finished()
    Journal(app).record(call, CallChange.FINISHED)
    page = anna.get(f"/calls/{call.api_call_id}").get_data(as_text=True)
    (number,) = re.findall(r'name="number" value="([^"]+)"', page)

    anna.submit(PAGE, {"number": html.unescape(number), "call": call.api_call_id})

    assert listed(app, cast.north) == [(call.caller, "")]


def test_a_viewer_sees_the_list_and_changes_nothing(boris: Browser) -> None:
    assert boris.get(PAGE).status_code == 200
    assert boris.submit(PAGE, WRITTEN).status_code == 403


def test_a_strangers_entry_is_not_there(app: Flask, cast: Cast, anna: Browser, clara: Browser) -> None:
    anna.submit(PAGE, WRITTEN)
    with inside(app, cast.north):
        entry = blacklist()[0].id

    assert clara.submit(f"{PAGE}/{entry}/remove").status_code == 404
    assert clara.submit(f"{PAGE}/{entry}/restore").status_code == 404
    assert "sells windows" not in clara.get(PAGE).get_data(as_text=True)
