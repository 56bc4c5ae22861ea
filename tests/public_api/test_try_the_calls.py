"""The forms of the description: each call for real, by the person's own rights, with no key anywhere."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.kernel.db import transaction
from portal.telephony.models import SwitchOrder
from tests.browser import Browser
from tests.calls.factory import CALLER, Story, tell_whole
from tests.public_api.crm import Crm
from tests.telephony.exchange import CLIENT, OLGA, engine, wire

TRY = "/description/try"
LIST, RECORD, ORDER = (f"{TRY}/{name}" for name in ("get-calls", "get-record", "outcome"))


def text(response: object) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))  # type: ignore[attr-defined]


def order_count(app: Flask, account_id: int) -> int:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.scalar(select(func.count()).select_from(SwitchOrder)) or 0


@pytest.mark.parametrize("htmx", [False, True])
def test_calls_are_listed_as_a_program_would_get_them(app: Flask, north: Crm, boris: Browser, htmx: bool) -> None:
    stories = [tell_whole(app, Story(north.account_id)) for _ in range(2)]

    answer = boris.submit(LIST, {"num_a": "8 (903) 999-88-77", "limit": "1"}, htmx=htmx)

    said = text(answer)
    assert "200 OK" in said
    assert f'"api_call_id":"{stories[1].api_call_id}"' in said
    assert stories[0].api_call_id not in said
    assert 'rel="next"' in said
    assert "get_calls?num_a=8+%28903%29+999-88-77&limit=1" in said
    assert 'value="8 (903) 999-88-77"' in answer.get_data(as_text=True)
    assert CALLER in said
    assert ("<html" in answer.get_data(as_text=True)) is not htmx


def test_what_is_wrong_is_answered_as_to_a_program(north: Crm, anna: Browser) -> None:
    said = text(anna.submit(LIST, {"from": "soon"}))

    assert "400 Bad Request" in said
    assert '"code": "bad_request", "message": "from must be' in said


def test_a_record_is_told_by_its_headers(app: Flask, north: Crm, boris: Browser) -> None:
    said = text(boris.submit(RECORD, {"api_call_id": "0" * 32}))

    assert "404 Not Found" in said


def test_a_strangers_call_looks_like_none(app: Flask, north: Crm, south: Crm, anna: Browser) -> None:
    story = tell_whole(app, Story(south.account_id))

    said = text(anna.submit(LIST, {"api_call_id": story.api_call_id}, htmx=True))

    assert "200 OK" in said
    assert '"abonent_id"' not in said


def test_a_call_is_placed_after_a_question_that_names_it(app: Flask, north: Crm, anna: Browser) -> None:
    wire(app, north.account_id)
    typed = {"num_a": OLGA, "num_b": CLIENT, "request_id": "try-1"}

    asked = text(anna.submit(ORDER, typed, htmx=True))

    assert OLGA in asked
    assert "903" in asked
    assert order_count(app, north.account_id) == 0
    with engine(app):
        done = text(anna.submit(ORDER, typed | {"confirmed": "1"}, htmx=True))
    assert "200 OK" in done
    assert re.search(r'"api_call_id": "[0-9a-f]{32}"', done)
    assert order_count(app, north.account_id) == 1


def test_what_cannot_be_placed_is_answered_before_anybody_is_asked(north: Crm, anna: Browser) -> None:
    assert "num_b is missing" in text(anna.submit(ORDER, {"num_a": OLGA}))


def test_a_form_is_for_those_who_may(north: Crm, boris: Browser, olga: Browser, nobody: Browser) -> None:
    page = boris.get("/description").get_data(as_text=True)

    assert "try-get-calls-send" in page
    assert "try-outcome-send" not in page
    assert boris.submit(ORDER, {"num_a": OLGA, "num_b": CLIENT, "confirmed": "1"}).status_code == 403
    for url in (LIST, RECORD):
        assert olga.submit(url).status_code == 403
        assert nobody.submit(url).status_code in {303, 401}
    assert "try-get-calls-send" not in olga.get("/description").get_data(as_text=True)


@pytest.mark.parametrize("url", [LIST, RECORD, ORDER])
def test_without_the_forms_token_nothing_is_done(north: Crm, anna: Browser, url: str) -> None:
    assert anna.post(url, data={"num_a": OLGA, "num_b": CLIENT, "confirmed": "1"}).status_code == 400
