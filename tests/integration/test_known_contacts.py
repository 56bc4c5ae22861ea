"""An admin says whom calls of known contacts ring, and who is asked for it."""

import re
from typing import Any

import pytest
from flask import Flask

from portal.connectors.links import Reached, connect
from portal.connectors.models import CrmKind, Way
from portal.connectors.secrets import Secrets
from portal.kernel.clock import now
from portal.routing.known_rules import known_contact_rules
from portal.routing.lookup import LookupResult
from portal.routing.lookup.state import keep_state
from portal.routing.queries import new_contact_group
from tests.browser import Browser
from tests.contacts.desk import actions, inside
from tests.integration.desk import Desk
from tests.people import Cast
from tests.support.receiver import Receiver

PAGE = "/integration/known-contacts"
ORDER = ["last-talk", "address-book", "lookup"]
TYPED: dict[str, Any] = {
    "mode": "together",
    "owner_seconds": "25",
    "last_talk_hours": "8",
    "budget_ms": "900",
    "order": ORDER,
    "source": ["address-book", "last-talk"],
    "lookup_url": "",
}


def saved(app: Flask, account_id: int) -> tuple[str, list[Any], int, int, int]:
    with inside(app, account_id):
        rules = known_contact_rules()
        seconds = new_contact_group().owner_seconds
        return rules.mode, rules.sources, rules.last_talk_hours, rules.budget_ms, seconds


@pytest.mark.parametrize("htmx", [False, True])
def test_the_rules_are_saved_with_the_sources_in_order(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool
) -> None:
    answer = anna.submit(PAGE, TYPED, htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    assert saved(app, cast.north) == ("together", ["last-talk", "address-book"], 8, 900, 25)
    assert actions(app, cast.north)[-1] == "known_contacts.set"


def test_a_button_moves_a_source(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    anna.submit(PAGE, TYPED | {"move": "address-book:up"})

    assert saved(app, cast.north)[1] == ["address-book", "last-talk"]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mode": "sometimes"}, "mode"),
        ({"owner_seconds": "1"}, "owner_seconds"),
        ({"budget_ms": "299"}, "budget_ms"),
        ({"budget_ms": "soon"}, "budget_ms"),
        ({"last_talk_hours": "0"}, "last_talk_hours"),
        ({"source": ["lookup"]}, "lookup_url"),
        ({"lookup_url": "ftp://crm.example/"}, "lookup_url"),
        ({"lookup_url": "http://10.0.0.1/{number}"}, "lookup_url"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, change: dict[str, Any], field: str, htmx: bool
) -> None:
    answer = anna.submit(PAGE, TYPED | change, htmx=htmx)

    assert answer.status_code == 422
    assert f'href="#{field}' in answer.get_data(as_text=True)
    assert saved(app, cast.north)[0] == "first"


def test_the_crm_is_asked_at_a_url_that_the_door_lets_out(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    with Receiver() as crm:
        answer = anna.submit(PAGE, TYPED | {"source": ["lookup"], "lookup_url": f"{crm.url}/o?k=secret&p={{number}}"})

        assert answer.status_code == 303
        assert crm.requests == [], "nothing is sent by saving"
        assert saved(app, cast.north)[1] == ["lookup"]


def test_a_viewer_sees_the_rules_and_sets_none(boris: Browser, desk: Desk) -> None:
    assert boris.get(PAGE).status_code == 200
    assert boris.submit(PAGE, TYPED).status_code == 403


def test_a_viewer_does_not_see_the_url_with_its_key(desk: Desk, anna: Browser, boris: Browser) -> None:
    with Receiver() as crm:
        anna.submit(PAGE, TYPED | {"source": ["lookup"], "lookup_url": f"{crm.url}/o?key=s3cr3t-word"})

    assert "s3cr3t-word" in anna.get(PAGE).get_data(as_text=True)
    assert "s3cr3t-word" not in boris.get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize("page", [PAGE, "/connectors"])
def test_a_crm_that_answers_when_the_call_has_gone_on_does_not_look_well(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, page: str
) -> None:
    with inside(app, cast.north):
        connect(app.extensions["portal.vault"], Reached(CrmKind.AMOCRM, Way.TOKEN, "http://127.0.0.1:9", Secrets()))
        keep_state(LookupResult.LATE, "Olga", 2900, now())

    shown = anna.get(page).get_data(as_text=True)

    assert re.search(r'badge--wait">(<svg.*?</svg>)?отвечает слишком поздно', shown)
    assert "2900 мс, а звонок ждёт 700 мс" in shown
    assert "найдено" not in shown
