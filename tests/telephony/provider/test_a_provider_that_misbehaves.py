"""A provider answers in every wrong way: what is good stays with its age, nothing is lost and nothing is doubled."""

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.recordings.models import Recording, RecordingState
from portal.telephony.engines.provider import client
from portal.telephony.provider.duties import Duties
from portal.telephony.provider.models import ProviderCall
from tests.telephony.provider.conftest import join, link_of
from tests.telephony.provider.server import Provider, call
from tests.telephony.provider.ways import ONE, THREE, TWO, calls, charges, do, end_notice, start_notice, wav

Answer = Callable[[BaseHTTPRequestHandler], None]


def answering(
    body: Iterable[bytes], length: int | None = None, kind: str = "application/json", **headers: str
) -> Answer:
    """200 with this body, piece by piece, as far as the other side wants it."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        if length is not None:
            handler.send_header("Content-Length", str(length))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        for piece in body:
            handler.wfile.write(piece)

    return answer


def ids(app: Flask, account_id: int) -> list[str]:
    return sorted(each.api_call_id for each in calls(app, account_id))


@pytest.fixture
def known(app: Flask, north: int, provider: Provider, duties: Duties) -> int:
    """North, of which one call is known well."""
    provider.calls.append(call(ONE))
    do(app, duties, "reconcile")
    assert ids(app, north) == [ONE]
    return north


@pytest.mark.parametrize(
    "body",
    [b"<!doctype html><title>Maintenance</title>", b"", b"null", b'{"calls": []}', b"OK", b"\xff\xfe\x00"],
    ids=["a page", "nothing", "null", "an object", "a word", "noise"],
)
def test_an_answer_that_is_no_list_leaves_what_is_known_and_its_age(
    app: Flask, known: int, provider: Provider, duties: Duties, body: bytes
) -> None:
    before = link_of(app, known)
    provider.answer = answering([body], len(body), "text/html")
    do(app, duties, "ask", "reconcile")

    link = link_of(app, known)
    assert (link.trouble, link.good_at, link.reconciled_at) == ("nonsense", before.good_at, before.reconciled_at)
    assert ids(app, known) == [ONE]


def test_numbers_that_are_written_as_texts_are_read(app: Flask, north: int, provider: Provider, duties: Duties) -> None:
    said = call(ONE)
    numbers = ("setup_time", "connection_time", "num_a_connection_time", "num_a_waiting_time", "price")
    texts = {name: str(said[name]) for name in numbers}
    provider.body = json.dumps([said | texts, call(TWO)]).encode()
    do(app, duties, "reconcile")

    one, two = calls(app, north)
    assert one.talk_seconds == two.talk_seconds == 30
    assert one.caller_wait_seconds == two.caller_wait_seconds == 5
    assert one.price == two.price == Decimal("1.25")
    assert link_of(app, north).unread == 0


def test_an_empty_list_after_a_full_one_takes_nothing_away_and_charges_nothing_again(
    app: Flask, known: int, provider: Provider, duties: Duties
) -> None:
    paid = charges(app, known)
    for body in ([], [call(ONE)], []):
        provider.body = json.dumps(body).encode()
        do(app, duties, "ask", "reconcile")

    assert ids(app, known) == [ONE]
    assert charges(app, known) == paid


def test_a_call_of_the_future_is_left_out_and_told(app: Flask, north: int, provider: Provider, duties: Duties) -> None:
    provider.body = json.dumps([call(TWO, setup_time=call(TWO)["setup_time"] + 7 * 86_400), call(ONE)]).encode()
    do(app, duties, "reconcile")

    assert ids(app, north) == [ONE]
    assert (link_of(app, north).unread, link_of(app, north).unread_why) == (1, "setup_time lies beyond all calls")


def test_rows_that_stand_on_two_pages_are_one_call_that_is_paid_once(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    began = call(ONE)["setup_time"]
    one, two, three = (call(each, setup_time=began - 60 * place) for place, each in enumerate((ONE, TWO, THREE)))
    provider.calls, provider.page_size = [one, two, two, two, three, one], 2
    do(app, duties, "reconcile", "reconcile")

    assert ids(app, north) == [ONE, TWO, THREE]
    assert charges(app, north) == [Decimal("-1.25")] * 3


@pytest.mark.parametrize("is_same", [True, False], ids=["the same page again", "always another"])
def test_pages_that_have_no_end_are_left_and_named(
    app: Flask, north: int, provider: Provider, duties: Duties, monkeypatch: pytest.MonkeyPatch, is_same: bool
) -> None:
    monkeypatch.setattr(client, "MOST_PAGES", 5)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        cursor = 1 if is_same else len(provider.asked)
        link = f'<{provider.url}/api.php/telephony/get_calls?cursor={cursor}>; rel="next"'
        body = json.dumps([call(ONE)]).encode()
        answering([body], len(body), Link=link)(handler)

    provider.answer = answer
    do(app, duties, "ask")

    assert (link_of(app, north).trouble, link_of(app, north).detail) == ("nonsense", "its pages have no end")
    assert provider.count("get_calls") == (2 if is_same else 5)
    assert ids(app, north) == [ONE]


def test_of_an_answer_without_end_what_fits_is_taken_and_the_rest_is_not_read(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    length, piece = 200 * 1024 * 1024, b" " * 1024 * 1024
    read: list[int] = []

    def body() -> Iterable[bytes]:
        yield b"[" + json.dumps(call(ONE)).encode() + b","
        for number in range(200):
            read.append(number)
            yield piece

    provider.answer = answering(body(), length)
    do(app, duties, "ask")

    assert ids(app, north) == [ONE]
    assert (link_of(app, north).trouble, link_of(app, north).detail) == ("nonsense", "cut off")
    assert len(read) < 100


def test_of_an_answer_that_drips_what_came_whole_in_time_is_taken(
    app: Flask, north: int, provider: Provider, duties: Duties, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LIST_SECONDS", 1.0)

    def body() -> Iterable[bytes]:
        yield b"[" + json.dumps(call(ONE)).encode() + b","
        while not provider.released.wait(0.05):
            yield b" "

    provider.answer = answering(body(), 10_000_000)
    do(app, duties, "ask")

    assert ids(app, north) == [ONE]
    assert link_of(app, north).trouble in ("silent", "nonsense")
    assert link_of(app, north).good_at is None


def test_a_key_that_was_changed_there_is_refused_until_the_new_one_is_entered_here(
    app: Flask, known: int, provider: Provider, duties: Duties
) -> None:
    good_at = link_of(app, known).good_at
    provider.key = "provider-key-2"
    provider.calls.append(call(TWO))
    do(app, duties, "ask")
    assert (link_of(app, known).trouble, link_of(app, known).good_at) == ("key-refused", good_at)
    assert ids(app, known) == [ONE]

    join(app, known, provider, "provider-key-2")
    do(app, duties, "ask")
    assert link_of(app, known).trouble == ""
    assert ids(app, known) == [ONE, TWO]


@pytest.mark.parametrize(
    "order",
    [("end",), ("end", "start"), ("start", "end", "end"), ("end", "list", "start"), ("list", "end"), ("start", "list")],
    ids=" ".join,
)
def test_notices_that_come_late_twice_or_alone_make_one_call_that_is_over(
    app: Flask, north: int, provider: Provider, duties: Duties, order: tuple[str, ...]
) -> None:
    said: dict[str, Any] = call(ONE)
    provider.calls = [said]
    for each in order:
        if each == "list":
            do(app, duties, "ask")
        else:
            {"start": start_notice, "end": end_notice}[each](app, north, said)
            do(app, duties, "hear")

    (found,) = calls(app, north)
    assert (found.outcome, found.talk_seconds) == ("answered", 30)
    assert found.ended_at is not None


def test_a_page_in_place_of_a_record_is_no_record_and_the_true_one_still_comes(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    provider.calls = [call(ONE, recorder_file="1.wav")]
    provider.records[ONE], provider.record_type = b"<html>Sign in</html>", "text/html"
    do(app, duties, "ask", "fetch")
    assert ready_records(app, north) == 0

    provider.records[ONE], provider.record_type = wav(), "audio/wav"
    with app.app_context(), transaction(north):
        db.session.execute(update(ProviderCall).values(record_due_at=now()))
    do(app, duties, "fetch")
    assert ready_records(app, north) == 1


def ready_records(app: Flask, account_id: int) -> int:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return len(session.scalars(select(Recording.id).where(Recording.state == RecordingState.READY)).all())
