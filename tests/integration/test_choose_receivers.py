"""An admin chooses who takes calls of new contacts, and in which order."""

from typing import Any

import pytest
from flask import Flask

from portal.routing import services
from tests.browser import Browser
from tests.contacts.desk import add_users, inside
from tests.integration.desk import PAGE, Desk, hidden, order
from tests.people import Cast

SAVE = "/integration/receivers"


def _typed(browser: Browser, desk: Desk, *chosen: int, **more: Any) -> dict[str, Any]:
    based_on = hidden(browser, "based_on", after='id="receivers"')
    return {"order": [desk.olga, desk.igor, desk.alex], "receiver": list(chosen), "based_on": based_on, **more}


@pytest.mark.parametrize("htmx", [False, True])
def test_ticked_users_are_saved_in_the_order_of_the_rows(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool
) -> None:
    answer = anna.submit(SAVE, _typed(anna, desk, desk.alex, desk.olga), htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    assert order(app, cast.north) == ["Olga Manoli", "Alex Gogolev"]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(("move", "expected"), [("igor:up", ["Igor Batov", "Olga Manoli"]), ("olga:up", None)])
def test_a_button_moves_a_receiver_by_one_place(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool, move: str, expected: list[str] | None
) -> None:
    name, _colon, way = move.partition(":")
    typed = _typed(anna, desk, desk.olga, desk.igor, move=f"{getattr(desk, name)}:{way}")

    anna.submit(SAVE, typed, htmx=htmx)

    assert order(app, cast.north) == (expected or ["Olga Manoli", "Igor Batov"])


def test_dragged_rows_are_saved_as_they_lie(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    typed = _typed(anna, desk, desk.olga, desk.igor) | {"order": [desk.igor, desk.olga, desk.alex]}

    anna.submit(SAVE, typed, htmx=True)

    assert order(app, cast.north) == ["Igor Batov", "Olga Manoli"]


def test_nobody_at_all_is_a_choice(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    anna.submit(SAVE, _typed(anna, desk))

    assert order(app, cast.north) == []


@pytest.mark.parametrize("move", ["", "x", "1:sideways", "99999999999999999999999:up", ":up"])
def test_a_move_that_means_nothing_moves_nothing(app: Flask, cast: Cast, desk: Desk, anna: Browser, move: str) -> None:
    anna.submit(SAVE, _typed(anna, desk, desk.olga, desk.igor, move=move))

    assert order(app, cast.north) == ["Olga Manoli", "Igor Batov"]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_change_that_somebody_else_made_meanwhile_is_not_overwritten(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool
) -> None:
    typed = _typed(anna, desk, desk.alex)
    with inside(app, cast.north):
        services.set_receivers([desk.igor])

    answer = anna.submit(SAVE, typed, htmx=htmx)

    page = answer.get_data(as_text=True)
    box = page[page.index(f'id="receiver-{desk.alex}"') :].partition(">")[0]
    assert answer.status_code == 409
    assert "data-error-summary" in page
    assert "checked" in box, "what was ticked stays ticked"
    assert order(app, cast.north) == ["Igor Batov"]


def test_ticks_not_yet_saved_stay_when_the_users_change(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    typed = _typed(anna, desk, desk.alex)
    add_users(app, cast.north, "Игорь")

    page = anna.submit("/integration/receivers/draft", typed, htmx=True).get_data(as_text=True)

    assert "Игорь" in page
    assert "checked" in page[page.index(f'id="receiver-{desk.alex}"') :].partition(">")[0]
    assert order(app, cast.north) == ["Olga Manoli", "Igor Batov"], "a draft saves nothing"


def test_a_receiver_who_cannot_ring_is_marked(desk: Desk, anna: Browser) -> None:
    page = anna.get(PAGE).get_data(as_text=True)
    row = page[page.index(f'id="receiver-{desk.igor}"') :].partition("</li>")[0]

    assert "phone--off" in row


def test_a_stranger_and_a_viewer_choose_nobody(
    app: Flask, cast: Cast, desk: Desk, boris: Browser, clara: Browser
) -> None:
    typed = {"order": [desk.olga], "receiver": [desk.olga]}

    assert clara.submit(SAVE, typed).status_code == 404
    assert boris.submit(SAVE, typed).status_code == 403
    assert boris.submit(f"{SAVE}/draft", typed).status_code == 403
    assert order(app, cast.south) == []
