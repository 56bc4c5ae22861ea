"""Calls of a provider, seen by notice, by list or by both: one call each, whatever happens on the way."""

import io
import json
import time
import wave
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from portal.billing.models import EntryKind, LedgerEntry
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.recordings.models import Recording, RecordingState
from portal.telephony.engine import CallOutcome
from portal.telephony.provider import inbox
from portal.telephony.provider.duties import Duties
from portal.telephony.provider.models import ProviderCall, ProviderLink, RecordState
from portal.telephony.provider.services import inlet_token
from tests.people import Cast
from tests.telephony.provider.conftest import duties_of, join, link_of
from tests.telephony.provider.server import Provider, call

ONE, TWO, THREE = "1" * 32, "2" * 32, "3" * 32


def calls(app: Flask, account_id: int) -> list[CallRecord]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        query = select(CallRecord).order_by(CallRecord.started_at, CallRecord.id)
        return list(session.scalars(query.options(selectinload(CallRecord.legs))))


def notify(app: Flask, account_id: int, **parameters: object) -> None:
    token = inlet_token(app.extensions["portal.vault"], link_of(app, account_id))
    with app.app_context():
        inbox.receive(app.extensions["portal.vault"], token, {name: str(value) for name, value in parameters.items()})


def start_notice(app: Flask, account_id: int, said: dict[str, object]) -> None:
    notify(app, account_id, **{name: said[name] for name in ("num_a", "num_m", "setup_time", "api_call_id")})


def end_notice(app: Flask, account_id: int, said: dict[str, object]) -> None:
    names = ("num_a", "num_m", "num_b", "setup_time", "connection_time", "api_call_id", "price")
    told = {name: said[name] for name in names if said[name] is not None}
    notify(app, account_id, waiting_time=said["num_a_waiting_time"], **told)


def do(app: Flask, duties: Duties, *names: str) -> None:
    with app.app_context():
        for name in names:
            {
                "hear": duties.hear,
                "ask": lambda: duties.ask(is_whole_day=False),
                "reconcile": lambda: duties.ask(is_whole_day=True),
                "fetch": duties.fetch,
            }[name]()


def wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(8000)
        audio.writeframes(b"\0\1" * 8000)
    return file.getvalue()


def charges(app: Flask, account_id: int) -> list[Decimal]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(LedgerEntry.amount).where(LedgerEntry.kind == EntryKind.CALL)))


@pytest.mark.parametrize(
    "order",
    [
        ("start", "hear", "end", "hear", "ask"),
        ("ask", "start", "end", "hear"),
        ("end", "start", "hear", "ask", "ask"),
        ("start", "end", "hear", "ask", "end", "hear", "reconcile"),
        ("end", "hear", "start", "hear", "end", "hear", "ask"),
    ],
    ids=" ".join,
)
def test_a_call_seen_by_notice_and_by_list_is_one_call_in_any_order(
    app: Flask, north: int, provider: Provider, duties: Duties, order: tuple[str, ...]
) -> None:
    said = call(ONE)
    provider.calls.append(said)

    for step in order:
        if step in ("start", "end"):
            (start_notice if step == "start" else end_notice)(app, north, said)
        else:
            do(app, duties, step)

    (found,) = calls(app, north)
    assert (found.api_call_id, found.outcome, found.price) == (ONE, CallOutcome.ANSWERED, Decimal("1.25"))
    assert (found.talk_seconds, found.caller_wait_seconds, found.callee_wait_seconds) == (30, 5, 4)
    assert (found.caller_leg_seconds, found.callee_leg_seconds) == (30, 30)
    assert [leg.address for leg in found.legs] == ["79039998877", "SIP/00000000672"]
    assert charges(app, north) == [Decimal("-1.25")]


def test_a_call_that_lasts_stands_there_before_its_end(app: Flask, north: int, duties: Duties) -> None:
    start_notice(app, north, call(ONE))
    do(app, duties, "hear")

    (found,) = calls(app, north)
    assert found.ended_at is None
    assert found.outcome is None


def test_a_call_that_has_ended_does_not_begin_again(app: Flask, north: int, provider: Provider, duties: Duties) -> None:
    end_notice(app, north, call(ONE))
    do(app, duties, "hear")
    live = dict.fromkeys(("connection_time", "num_a_connection_time", "num_b_connection_time"))
    provider.calls.append(call(ONE, **live))
    do(app, duties, "ask")

    (found,) = calls(app, north)
    assert found.ended_at is not None
    assert found.talk_seconds == 30


def test_outgoing_and_internal_calls_and_missed_ones_are_told_as_they_were(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    nothing = {"connection_time": 0, "num_a_connection_time": 0, "num_b_connection_time": 0, "price": 0}
    moment = int(time.time()) - 500
    provider.calls += [
        call(ONE, setup_time=moment, num_b=None, num_b_waiting_time=None, **nothing),
        call(TWO, setup_time=moment + 1, service_name="sip_outcome", num_a="SIP/00000000672", num_b="79161112233"),
        call(THREE, setup_time=moment + 2, service_name="sip_internal", num_a="SIP/00000000672", **nothing),
    ]
    do(app, duties, "ask")

    assert [(each.kind, each.outcome) for each in calls(app, north)] == [
        ("incoming", "missed"),
        ("outgoing", "answered"),
        ("internal", "no_answer"),
    ]


def test_a_long_list_is_read_page_by_page(app: Flask, north: int, provider: Provider, duties: Duties) -> None:
    moment = int(time.time())
    provider.calls += [call(f"{each:032x}", setup_time=moment - each) for each in range(1, 26)]
    provider.page_size = 10
    do(app, duties, "ask")

    assert len(calls(app, north)) == 25
    assert provider.count("get_calls") == 3


@pytest.mark.parametrize("tail", [b"", b'{"setup_time": 17', b"}}}", b"<html>"], ids=["cut", "half", "broken", "html"])
def test_what_came_whole_of_a_broken_answer_is_taken_and_the_rest_asked_for_again(
    app: Flask, north: int, provider: Provider, duties: Duties, tail: bytes
) -> None:
    provider.body = b"[" + json.dumps(call(ONE)).encode() + b",\n" + tail
    do(app, duties, "ask")

    assert [each.api_call_id for each in calls(app, north)] == [ONE]
    link = link_of(app, north)
    assert (link.trouble, link.good_at) == ("nonsense", None)

    provider.body = None
    provider.calls += [call(ONE), call(TWO)]
    do(app, duties, "ask")

    assert {each.api_call_id for each in calls(app, north)} == {ONE, TWO}
    assert link_of(app, north).trouble == ""


@pytest.mark.parametrize(
    "lie",
    [
        {"connection_time": -5},
        {"connection_time": 10**9},
        {"setup_time": "yesterday"},
        {"setup_time": 10**11},
        {"setup_time": 5},
        {"api_call_id": "../../etc/passwd"},
        {"num_a": "<script>"},
        {"num_b": ["SIP/1"]},
        {"price": "NaN"},
        {"price": -3},
        {"service_name": "fax"},
        {"num_a_waiting_time": True},
    ],
    ids=str,
)
def test_a_call_that_cannot_be_is_left_out_and_the_others_come(
    app: Flask, north: int, provider: Provider, duties: Duties, lie: dict[str, object]
) -> None:
    provider.body = json.dumps([call(TWO) | lie, call(ONE), "no object", None]).encode()
    do(app, duties, "reconcile")

    assert [each.api_call_id for each in calls(app, north)] == [ONE]
    assert link_of(app, north).unread == 3


def test_a_list_that_grows_shorter_takes_no_call_away(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    provider.calls.append(call(ONE))
    do(app, duties, "ask")
    provider.calls.clear()
    do(app, duties, "reconcile")

    assert len(calls(app, north)) == 1


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(401, "key-refused"), (403, "forbidden"), (404, "nonsense"), (429, "too-many"), (500, "fault"), (302, "nonsense")],
)
def test_trouble_is_named_and_ends_with_the_next_good_answer(
    app: Flask, north: int, provider: Provider, duties: Duties, status: int, trouble: str
) -> None:
    provider.calls.append(call(ONE))
    do(app, duties, "ask")
    before = link_of(app, north).good_at
    provider.status = {"get_calls": status}
    do(app, duties, "ask")

    link = link_of(app, north)
    assert (link.trouble, link.failures, link.good_at) == (trouble, 1, before)
    assert link.resting_until is not None
    assert len(calls(app, north)) == 1

    provider.status = {}
    do(app, duties, "ask")
    assert (link_of(app, north).trouble, link_of(app, north).resting_until) == ("", None)


def test_a_provider_that_fails_again_and_again_is_asked_ever_more_seldom(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    provider.status = {"get_calls": 500}
    rests = []
    for _failure in range(4):
        do(app, duties, "ask")
        link = link_of(app, north)
        assert link.resting_until is not None
        assert link.failed_at is not None
        rests.append((link.resting_until - link.failed_at).total_seconds())

    assert rests == [5, 10, 20, 40]


def test_after_an_outage_of_days_what_was_missed_is_asked_for(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    with app.app_context(), transaction(north) as session:
        long_ago = now() - timedelta(days=3)
        session.execute(update(ProviderLink).values(good_at=long_ago, reconciled_at=long_ago))
    provider.calls.append(call(ONE, setup_time=int(time.time()) - 2 * 86_400))
    do(app, duties, "reconcile")

    assert [each.api_call_id for each in calls(app, north)] == [ONE]


def test_the_end_that_nobody_told_is_asked_for(app: Flask, north: int, provider: Provider, duties: Duties) -> None:
    said = call(ONE, setup_time=int(time.time()) - 3000)
    start_notice(app, north, said)
    do(app, duties, "hear")
    provider.calls.append(said)
    do(app, duties, "reconcile")

    assert calls(app, north)[0].talk_seconds == 30


def test_a_call_that_the_provider_forgot_is_closed_as_interrupted(app: Flask, north: int, duties: Duties) -> None:
    start_notice(app, north, call(ONE, setup_time=int(time.time()) - 5 * 3600))
    do(app, duties, "hear", "reconcile")

    (found,) = calls(app, north)
    assert found.outcome == CallOutcome.INTERRUPTED
    assert found.ended_at == found.started_at


def test_a_record_is_fetched_once(app: Flask, north: int, provider: Provider, duties: Duties) -> None:
    provider.calls.append(call(ONE, recorder_file="r.wav"))
    provider.records[ONE] = wav()
    do(app, duties, "ask", "fetch", "ask", "fetch", "reconcile", "fetch")

    with app.app_context(), transaction(north, writes=False) as session:
        (recording,) = session.scalars(select(Recording))
        assert (recording.state, recording.seconds) == (RecordingState.READY, 1)
    assert provider.count("get_record") == 1


@pytest.mark.parametrize("status", [404, 409, 500])
def test_a_record_that_is_not_there_yet_is_asked_for_later(
    app: Flask, north: int, provider: Provider, duties: Duties, tmp_path: Path, status: int
) -> None:
    provider.calls.append(call(ONE, recorder_file="r.wav"))
    provider.records[ONE] = wav()
    provider.status = {"get_record": status}
    do(app, duties, "ask", "fetch", "fetch")

    assert provider.count("get_record") == 1, "not at once again"
    assert not list((tmp_path / "tape").iterdir()), "no half of a file stays"

    provider.status = {}
    with app.app_context(), transaction(north) as session:
        session.execute(update(ProviderCall).values(record_due_at=now()))
    do(app, duties, "fetch")
    with app.app_context(), transaction(north, writes=False) as session:
        assert session.scalars(select(ProviderCall.record)).one() == RecordState.FETCHED


def test_two_accounts_with_the_same_ids_cross_nowhere(
    app: Flask, cast: Cast, north: int, provider: Provider, duties: Duties, tmp_path: Path
) -> None:
    with Provider() as other:
        join(app, cast.south, other)
        provider.calls.append(call(ONE))
        other.calls.append(call(ONE, num_a="79035550000", connection_time=7))
        do(app, duties, "ask")
        do(app, duties_of(app, cast.south, tmp_path / "south"), "ask")

    assert [each.caller for each in calls(app, north)] == ["79039998877"]
    assert [(each.caller, each.talk_seconds) for each in calls(app, cast.south)] == [("79035550000", 7)]


def test_the_key_is_in_no_row_as_it_is(app: Flask, north: int) -> None:
    assert "provider-key-1" not in link_of(app, north).sealed_key
