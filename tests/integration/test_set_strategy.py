"""An admin says how receivers are rung and what happens when nobody answers."""

from typing import Any

import pytest
from flask import Flask

from portal.routing.models import HuntGroup, HuntStrategy
from portal.routing.queries import new_contact_group
from tests.browser import Browser
from tests.contacts.desk import actions, inside
from tests.integration.desk import PAGE, Desk, hidden
from tests.people import Cast

SAVE = "/integration/strategy"
TYPED = {
    "strategy": "simultaneous",
    "ring_seconds": "20",
    "rounds": "2",
    "total_seconds": "90",
    "fallback": "number",
    "fallback_line": "",
    "fallback_number": "8 (495) 123-45-67",
}
WRONG = {
    "an unknown strategy": ({"strategy": "shouting"}, "strategy"),
    "no strategy": ({"strategy": ""}, "strategy"),
    "too short": ({"ring_seconds": "1"}, "ring_seconds"),
    "no number": ({"ring_seconds": "soon"}, "ring_seconds"),
    "nothing": ({"rounds": ""}, "rounds"),
    "half a round": ({"rounds": "1.5"}, "rounds"),
    "too long": ({"total_seconds": "99999999999999999999"}, "total_seconds"),
    "an unknown ending": ({"fallback": "music"}, "fallback"),
    "no number to call": ({"fallback_number": " "}, "fallback_number"),
    "letters to call": ({"fallback_number": "mother"}, "fallback_number"),
    "no line to ring": ({"fallback": "sip-line", "fallback_line": ""}, "fallback_line"),
}


def _saved(app: Flask, account_id: int) -> HuntGroup:
    with inside(app, account_id):
        return new_contact_group()


@pytest.mark.parametrize("htmx", [False, True])
def test_a_strategy_is_saved(app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool) -> None:
    answer = anna.submit(SAVE, TYPED, htmx=htmx)

    group = _saved(app, cast.north)
    assert answer.status_code == (200 if htmx else 303)
    assert (group.strategy, group.ring_seconds, group.rounds, group.total_seconds) == ("simultaneous", 20, 2, 90)
    assert (group.fallback, group.fallback_address) == ("number", "74951234567")
    assert actions(app, cast.north)[-1] == "strategy.set"


@pytest.mark.parametrize("strategy", HuntStrategy)
def test_each_of_the_six_is_offered_and_kept(anna: Browser, desk: Desk, strategy: HuntStrategy) -> None:
    anna.submit(SAVE, TYPED | {"strategy": strategy.value})

    page = anna.get(PAGE).get_data(as_text=True)
    radio = page[: page.index(f'value="{strategy.value}"')].rpartition("<input")[2]
    rest = page[page.index(f'value="{strategy.value}"') :].partition(">")[0]
    assert "checked" in radio + rest


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_wrong_is_said_at_its_field(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, case: str, htmx: bool
) -> None:
    change, field = WRONG[case]

    answer = anna.submit(SAVE, TYPED | change, htmx=htmx)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{field}"' in page
    assert "data-error-summary" in page
    assert any(f'value="{typed}"' in page for typed in ("20", "90")), "what was typed stays"
    assert _saved(app, cast.north).strategy == HuntStrategy.SEQUENTIAL


@pytest.mark.parametrize("htmx", [False, True])
def test_a_change_that_somebody_else_made_meanwhile_is_shown_and_not_overwritten(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool
) -> None:
    based_on = hidden(anna, "based_on", after='id="strategy-form"')
    anna.submit(SAVE, TYPED)

    answer = anna.submit(SAVE, TYPED | {"strategy": "random", "based_on": based_on}, htmx=htmx)

    assert answer.status_code == 409
    assert "data-error-summary" in answer.get_data(as_text=True)
    assert _saved(app, cast.north).strategy == HuntStrategy.SIMULTANEOUS
    anna.submit(SAVE, TYPED | {"strategy": "random", "based_on": hidden(anna, "based_on", after='id="strategy-form"')})
    assert _saved(app, cast.north).strategy == HuntStrategy.RANDOM


def test_a_round_that_moved_on_is_no_conflict(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    based_on = hidden(anna, "based_on", after='id="strategy-form"')
    with inside(app, cast.north):
        group = new_contact_group()
        group.last_member_id = group.members[0].id

    assert anna.submit(SAVE, TYPED | {"based_on": based_on}).status_code == 303


def test_the_sentence_follows_what_is_typed_and_nothing_is_saved(
    app: Flask, cast: Cast, desk: Desk, anna: Browser
) -> None:
    plan = anna.submit(f"{SAVE}/preview", TYPED, htmx=True).get_data(as_text=True)

    assert "Olga Manoli" in plan
    assert "+7 495 123-45-67" in plan
    assert _saved(app, cast.north).strategy == HuntStrategy.SEQUENTIAL
    assert anna.submit(f"{SAVE}/preview", TYPED).status_code == 200


@pytest.mark.parametrize("change", [change for change, _field in WRONG.values()])
def test_the_sentence_says_what_is_wrong(anna: Browser, desk: Desk, change: dict[str, Any]) -> None:
    answer = anna.submit(f"{SAVE}/preview", TYPED | change, htmx=True)

    assert answer.status_code == 200
    assert "Olga Manoli" not in answer.get_data(as_text=True)


def test_a_line_of_another_account_is_not_there(app: Flask, desk: Desk, clara: Browser) -> None:
    typed = TYPED | {"fallback": "sip-line", "fallback_line": "SIP/00000000672"}

    assert clara.submit(SAVE, typed).status_code == 404


def test_a_viewer_sees_the_strategy_and_sets_none(boris: Browser, desk: Desk) -> None:
    assert "Olga Manoli" in boris.get(PAGE).get_data(as_text=True)
    assert boris.submit(SAVE, TYPED).status_code == 403
    assert boris.submit(f"{SAVE}/preview", TYPED).status_code == 403
