"""Calls of a provider, seen by notice, by list or by both: one call each, whatever happens on the way."""

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask

from portal.telephony.engine import CallOutcome
from portal.telephony.provider.duties import Duties
from tests.people import Cast
from tests.telephony.provider.conftest import duties_of, join, link_of
from tests.telephony.provider.server import Provider, call
from tests.telephony.provider.ways import ONE, THREE, TWO, calls, charges, do, end_notice, start_notice


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


def test_a_sip_account_in_the_place_of_the_line_is_no_line(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    provider.calls = [call(ONE, num_m=f"SIP/{'a' * 30}"), call(TWO)]

    do(app, duties, "ask")

    assert {each.api_call_id: each.did for each in calls(app, north)} == {ONE: None, TWO: "74951234567"}


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
