"""get_calls in pages: no call twice, none lost, and nothing in the address of the next page but what is known."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.http import parse_options_header
from werkzeug.test import TestResponse

from portal.kernel.db import transaction
from portal.public_api import listing
from portal.public_api.listing import CallQuery
from tests.calls.factory import CALLER, IGOR_PHONE, NOON, Story, tell_whole
from tests.public_api.crm import Crm


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

    first = json.loads("".join(listing.stream(app, north.account_id, query, span)))

    assert [call["api_call_id"] for call in first] == seven[:3]
    assert span is not None
    assert span.next_cursor is not None
    assert north.ids(cursor=span.next_cursor) == seven[3:]


def test_an_answer_of_many_batches_is_one_array(north: Crm, seven: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_BATCH", 2)

    assert north.ids() == seven
    assert north.ids(limit=5) == seven[:5]


def test_a_client_that_goes_away_ends_the_work(
    app: Flask, north: Crm, seven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_BATCH", 2)
    asked, read = itertools.count(), listing._batch

    def counted(*given: Any) -> Any:
        next(asked)
        return read(*given)

    monkeypatch.setattr(listing, "_batch", counted)

    response = north.app.test_client().get(
        "/api.php/telephony/get_calls", headers={"Authorization": f"Bearer {north.key}"}, buffered=False
    )
    pieces = response.iter_encoded()
    next(pieces)
    response.close()

    assert list(pieces) == []
    assert next(asked) == 1


def test_an_error_in_the_middle_never_looks_like_a_whole_array(
    app: Flask, north: Crm, seven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_BATCH", 2)
    with app.app_context(), transaction(north.account_id, writes=False):
        span = listing.span(CallQuery())
    pieces = listing.stream(app, north.account_id, CallQuery(), span)
    sent = next(pieces)
    monkeypatch.setattr(listing, "_newest_first", lambda _rows: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        sent += next(pieces)

    with pytest.raises(json.JSONDecodeError):
        json.loads(sent)
