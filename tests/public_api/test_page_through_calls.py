"""get_calls in pages: no call twice, none lost, and nothing in the address of the next page but what is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.http import parse_options_header
from werkzeug.test import TestResponse

from portal.calls.models import CallRecord
from portal.kernel.db import db, transaction
from portal.public_api import listing
from portal.public_api.cursors import write_cursor
from portal.public_api.listing import CallQuery
from tests.calls.factory import CALLER, IGOR_PHONE, NOON, Story, tell_whole
from tests.public_api.crm import Crm, refusal


def next_query(response: TestResponse) -> str | None:
    """The query of the next page, as a client finds it."""
    link = response.headers.get("Link")
    if link is None:
        return None
    target, options = parse_options_header(link)
    assert options == {"rel": "next"}
    assert target.startswith("<https://localhost/api.php/telephony/get_calls?")
    return urlsplit(target.strip("<>")).query


def pages(crm: Crm, query: str) -> Iterator[list[str]]:
    """The ids of each page, following the links."""
    following: str | None = query
    while following is not None:
        response = crm.ask("get_calls", following)
        yield [call["api_call_id"] for call in json.loads(response.get_data())]
        following = next_query(response)


@pytest.fixture
def seven(app: Flask, north: Crm) -> list[str]:
    """Seven calls, newest first, some of them in the same moment."""
    stories = [Story(north.account_id, started_at=NOON + timedelta(seconds=n // 3)) for n in range(7)]
    return [tell_whole(app, story).api_call_id for story in stories][::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_the_pages_together_are_the_whole_list(north: Crm, seven: list[str], limit: int) -> None:
    found = list(pages(north, f"limit={limit}"))

    assert [each for page in found for each in page] == seven
    assert {len(page) for page in found[:-1]} <= {limit}


def test_the_last_page_has_no_link_even_when_it_is_full(north: Crm, seven: list[str]) -> None:
    assert "Link" not in north.ask("get_calls", {"limit": 7}).headers


def test_a_page_goes_on_with_the_same_conditions(app: Flask, north: Crm, seven: list[str]) -> None:
    tell_whole(app, Story(north.account_id, caller="74950000001", callee=IGOR_PHONE))

    assert [each for page in pages(north, f"limit=3&num_a=%2B{CALLER}") for each in page] == seven


def test_the_link_holds_neither_the_key_nor_what_is_not_known(north: Crm, seven: list[str]) -> None:
    client = north.app.test_client()
    query = {"abonent_api_key": north.key, "limit": "2", "api_key": north.key, "num_b": "", "_": "1"}

    link = client.get("/api.php/telephony/get_calls", query_string=query).headers["Link"]

    assert set(parse_qs(urlsplit(link.split(">")[0]).query)) == {"limit", "cursor"}
    assert north.key not in link


def test_calls_that_come_while_an_answer_is_sent_push_none_off_its_page(
    app: Flask, north: Crm, seven: list[str]
) -> None:
    query = CallQuery(limit=3)
    with app.app_context(), transaction(north.account_id, writes=False):
        span = listing.span(query)
    tell_whole(app, Story(north.account_id, started_at=NOON + timedelta(hours=1)))

    first = json.loads(b"".join(listing.stream(app, north.account_id, query, span)))

    assert [call["api_call_id"] for call in first] == seven[:3]
    assert span is not None
    assert span.last is not None
    cursor = write_cursor(app.extensions["portal.vault"], north.account_id, span.last)
    assert north.ids(cursor=cursor) == seven[3:]


def test_a_cursor_is_of_its_account_and_taken_as_it_is(app: Flask, north: Crm, south: Crm, seven: list[str]) -> None:
    [cursor] = parse_qs(next_query(north.ask("get_calls", {"limit": 2})))["cursor"]
    text, _, signature = cursor.partition(".")
    other = "A" if text[5] != "A" else "B"

    for forged in (cursor[:-1], text, f"{text[:5]}{other}{text[6:]}.{signature}", f"{cursor} x", "." + signature):
        assert "cursor" in refusal(north.ask("get_calls", {"cursor": forged}), 400)
    assert "cursor" in refusal(south.ask("get_calls", {"cursor": cursor}), 400)
    assert north.ids(cursor=cursor) == seven[2:]


def test_an_answer_of_many_batches_is_one_array(north: Crm, seven: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_BATCH", 2)

    assert north.ids() == seven
    assert north.ids(limit=5) == seven[:5]


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_a_client_that_reads_slowly_gets_each_call_once(
    north: Crm, seven: list[str], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """With 0 seconds each batch is of a moment of its own."""
    monkeypatch.setattr(listing, "_BATCH", 2)
    monkeypatch.setattr(listing, "_SNAPSHOT_SECONDS", seconds)

    assert north.ids() == seven
    assert north.ids(limit=5) == seven[:5]
    assert north.ids(limit=4) == seven[:4]


def test_an_answer_is_of_one_moment_while_calls_are_written(
    app: Flask, north: Crm, seven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_BATCH", 2)
    with app.app_context(), transaction(north.account_id, writes=False):
        span = listing.span(CallQuery())
    pieces = listing.stream(app, north.account_id, CallQuery(), span)
    sent = next(pieces)
    with app.app_context(), transaction(north.account_id) as session:
        session.execute(update(CallRecord).values(talk_seconds=4_321))
    tell_whole(app, Story(north.account_id, started_at=NOON + timedelta(milliseconds=500)))

    found = json.loads(sent + b"".join(pieces))

    assert [call["api_call_id"] for call in found] == seven
    assert 4_321 not in [call["connection_time"] for call in found]


def test_a_client_that_goes_away_ends_the_work_and_the_transaction(
    app: Flask, north: Crm, seven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_BATCH", 2)
    with app.app_context():
        pool: Any = db.engine.pool
    before = pool.checkedout()
    response = north.app.test_client().get(
        "/api.php/telephony/get_calls", headers={"Authorization": f"Bearer {north.key}"}, buffered=False
    )
    pieces = response.iter_encoded()
    assert len(json.loads(next(pieces) + b"]")) == 2
    assert pool.checkedout() == before + 1
    response.close()

    assert list(pieces) == []
    assert pool.checkedout() == before


def test_an_error_in_the_middle_never_looks_like_a_whole_array(
    app: Flask, north: Crm, seven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_BATCH", 2)
    with app.app_context(), transaction(north.account_id, writes=False):
        span = listing.span(CallQuery())
    pieces = listing.stream(app, north.account_id, CallQuery(), span)
    sent = next(pieces)
    monkeypatch.setattr(listing, "call_json", lambda _call: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        sent += next(pieces)

    with pytest.raises(json.JSONDecodeError):
        json.loads(sent)
