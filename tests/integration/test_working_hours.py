"""An admin says when each number is answered."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.kernel.db import db
from portal.routing.hours import hours_of
from portal.routing.models import HoursException
from portal.telephony.lines import add_did
from tests.browser import Browser
from tests.contacts.desk import actions, inside
from tests.people import Cast

PAGE = "/integration/hours"
NUMBER = "74951234567"
WEEK = {f"day_{day}": "9-13, 14:00–18:00" for day in range(5)} | {"day_5": "", "day_6": ""}


@pytest.fixture
def did(app: Flask, cast: Cast) -> int:
    with inside(app, cast.north):
        return add_did(NUMBER).id


def typed(did: int, **changes: str) -> dict[str, str]:
    return {f"line-{did}-{name}": text for name, text in (WEEK | changes).items()}


def week(app: Flask, account_id: int) -> object:
    with inside(app, account_id):
        return hours_of(NUMBER).week


@pytest.mark.parametrize("htmx", [False, True])
def test_a_week_is_saved_and_can_be_taken_back(app: Flask, cast: Cast, anna: Browser, did: int, htmx: bool) -> None:
    assert "checked" in anna.get(PAGE).get_data(as_text=True)

    answer = anna.submit(f"{PAGE}/{did}", typed(did), htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    assert week(app, cast.north) == (*(((540, 780), (840, 1080)),) * 5, (), ())
    assert "09:00-13:00, 14:00-18:00" in anna.get(PAGE).get_data(as_text=True)
    anna.submit(f"{PAGE}/{did}/undo")
    assert week(app, cast.north) is None
    assert actions(app, cast.north)[-2:] == ["hours.set", "hours.set"]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("wrong", ["all day", "9-18, 17-19", "25-26"])
def test_what_is_no_hours_is_said_at_its_day_and_everything_typed_stays(
    app: Flask, cast: Cast, anna: Browser, did: int, htmx: bool, wrong: str
) -> None:
    answer = anna.submit(f"{PAGE}/{did}", typed(did, day_2=wrong, day_5="10-12"), htmx=htmx)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#line-{did}-day_2"' in page
    assert f'value="{wrong}"' in page
    assert 'value="10-12"' in page
    assert week(app, cast.north) is None


def test_a_week_without_any_hours_is_refused(anna: Browser, did: int) -> None:
    assert anna.submit(f"{PAGE}/{did}", typed(did, **{f"day_{day}": "" for day in range(5)})).status_code == 422


def test_round_the_clock_is_the_beginning_and_can_be_chosen_again(
    app: Flask, cast: Cast, anna: Browser, did: int
) -> None:
    anna.submit(f"{PAGE}/{did}", typed(did))
    anna.submit(f"{PAGE}/{did}", typed(did, round_the_clock="y"))

    assert week(app, cast.north) is None


def test_a_holiday_is_added_removed_and_back_again(app: Flask, cast: Cast, anna: Browser, did: int) -> None:
    holiday = {"first_day": "2099-01-01", "last_day": "2099-01-08", "spans": "", "line": "", "note": "New Year"}
    assert anna.submit(f"{PAGE}/exceptions", holiday).status_code == 303
    assert "New Year" in anna.get(PAGE).get_data(as_text=True)
    with inside(app, cast.north):
        row = db.session.scalars(select(HoursException.id)).one()

    anna.submit(f"{PAGE}/exceptions/{row}/remove")
    anna.get(PAGE)  # shows the toast
    assert "New Year" not in anna.get(PAGE).get_data(as_text=True)
    anna.submit(f"{PAGE}/exceptions/{row}/restore")
    assert "New Year" in anna.get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_day": ""}, "first_day"),
        ({"first_day": "soon"}, "first_day"),
        ({"last_day": "2098-01-01"}, "last_day"),
        ({"last_day": "2101-01-01"}, "last_day"),
        ({"spans": "lunch"}, "spans"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_wrong_holiday_is_said_at_its_field(
    anna: Browser, did: int, change: dict[str, str], field: str, htmx: bool
) -> None:
    answer = anna.submit(f"{PAGE}/exceptions", {"first_day": "2099-01-01", "spans": "", **change}, htmx=htmx)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.get_data(as_text=True)


def test_a_viewer_sees_the_hours_and_sets_none(boris: Browser, did: int) -> None:
    assert boris.get(PAGE).status_code == 200
    assert boris.submit(f"{PAGE}/{did}", typed(did)).status_code == 403
    assert boris.submit(f"{PAGE}/exceptions", {"first_day": "2099-01-01"}).status_code == 403


def test_a_strangers_number_is_not_there(clara: Browser, did: int) -> None:
    assert clara.submit(f"{PAGE}/{did}", typed(did)).status_code == 404
    assert clara.submit(f"{PAGE}/{did}/undo").status_code == 404
    answer = clara.submit(f"{PAGE}/exceptions", {"first_day": "2099-01-01", "line": str(did)})
    assert answer.status_code in (404, 422)
