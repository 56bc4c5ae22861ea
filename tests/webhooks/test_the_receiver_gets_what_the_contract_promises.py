"""A webhook end to end: a real call's rows, the real worker, a real receiver."""

import gzip
import threading
from dataclasses import replace

import pytest
from flask import Flask

from portal.kernel.clock import to_unix
from portal.webhooks import backlog, services
from portal.webhooks.models import DeliveryState, EventType, SubscriptionState
from portal.webhooks.sending import schedule
from tests.support.receiver import Answer, Receiver
from tests.webhooks.world import CALL_ID, Company, working


def test_the_start_of_a_call_arrives_as_a_get_with_its_parameters(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    north.listens(f"{receiver.url}/income.php?token=a%2Fb&x=[1]", EventType.CALL_STARTED)

    with working(app):
        north.starts()
        (request,) = receiver.wait_for(1)
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    setup = to_unix(delivery.event.happened_at)
    assert request.method == "GET"
    assert request.target == (
        f"/income.php?token=a%2Fb&x=[1]&num_a=79039998877&num_m=79037778899&setup_time={setup}&api_call_id={CALL_ID}"
    )
    assert request.headers["webhook-id"] == delivery.public_id
    assert request.body == b""


def test_the_end_of_a_call_arrives_with_names_and_price(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/end.php")

    with working(app):
        north.ends(caller_name="Иван & Co", callee_name="Olga Manoli")
        (request,) = receiver.wait_for(1)
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert request.parameters == [(name, value) for name, value in delivery.event.parameters]
    assert dict(request.parameters)["code_name_num_a"] == "Иван & Co"
    assert "&num_b=SIP/0000000672&code_name_num_b=Olga%20Manoli&" in request.query


def test_the_attempt_is_kept_as_evidence(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    receiver.answer(Answer(201, "принято".encode("cp1251"), {"Content-Type": "text/plain; charset=windows-1251"}))

    with working(app):
        north.ends()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    (request,) = receiver.requests
    (attempt,) = delivery.tries
    assert attempt.request_line == f"GET {request.target} HTTP/1.1"
    assert {name.lower(): value for name, value in attempt.request_headers} == {
        name.lower(): value for name, value in request.headers.items()
    }
    assert (attempt.status, attempt.failure) == (201, None)
    assert attempt.response_body == "принято"
    assert ["Content-Type", "text/plain; charset=windows-1251"] in (attempt.response_headers or [])
    assert attempt.peer == f"127.0.0.1:{receiver.port}"
    assert attempt.phases["total"] >= attempt.phases["first_byte"] > 0


def test_a_failed_try_is_repeated_under_the_same_id(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    receiver.answer(Answer(500, b"no database"), Answer(503), Answer(204))

    with working(app):
        north.ends()
        for count in (1, 2):
            receiver.wait_for(count)
            north.wait_for_attempts(count)
            north.hurries()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len({request.target for request in receiver.requests}) == 1
    assert [attempt.status for attempt in delivery.tries] == [204, 503, 500]
    assert [attempt.number for attempt in delivery.tries] == [3, 2, 1]


def test_410_switches_the_webhook_off_and_keeps_what_is_to_be_sent(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    webhook_id = north.listens(f"{receiver.url}/x")
    receiver.answer(Answer(410), Answer(200))

    with working(app):
        north.ends("a" * 32)
        receiver.wait_for(1)
        north.wait_for_attempts(1)
        north.wait_for_state(webhook_id, SubscriptionState.OFF)
        north.ends("b" * 32)
        north.hurries()
        assert {delivery.state for delivery in north.deliveries()} == {DeliveryState.WAITING}

        north.does(backlog.resume_webhook, webhook_id)
        north.wait_until(DeliveryState.DELIVERED, 2)

    assert len(receiver.requests) == 3


def test_retry_after_is_honoured(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    receiver.answer(Answer(429, headers={"Retry-After": "7200"}))

    with working(app):
        north.ends()
        (delivery,) = north.wait_for_attempts(1)

    assert delivery.last_attempt_at is not None
    assert 7190 <= (delivery.due_at - delivery.last_attempt_at).total_seconds() <= 7210


def test_a_redirect_is_a_failure_and_is_not_followed(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    receiver.answer(Answer(302, headers={"Location": f"{receiver.url}/elsewhere"}))

    with working(app):
        north.ends()
        (delivery,) = north.wait_for_attempts(1)

    assert [request.path for request in receiver.requests] == ["/x"]
    assert (delivery.state, delivery.last_status) == (DeliveryState.WAITING, 302)


def test_a_receiver_that_was_down_gets_everything_when_it_is_up(app: Flask, north: Company) -> None:
    with Receiver() as first:
        port = first.port
    north.listens(f"http://127.0.0.1:{port}/x")

    with working(app):
        for api_call_id in ("a" * 32, "b" * 32):
            north.ends(api_call_id)
        deliveries = north.wait_for_attempts(1)
        assert {delivery.last_failure for delivery in deliveries} == {"connect"}
        with Receiver(port) as second:
            north.hurries()
            north.wait_until(DeliveryState.DELIVERED, 2)
            assert {dict(request.parameters)["api_call_id"] for request in second.requests} == {"a" * 32, "b" * 32}


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer(hang_up=True), "disconnected"),
        (Answer(200, b"1234", {"Content-Length": "400"}), "disconnected"),
    ],
    ids=["hung up at once", "hung up within the answer"],
)
def test_an_answer_that_broke_off_is_no_success(
    app: Flask, north: Company, receiver: Receiver, answer: Answer, failure: str
) -> None:
    north.listens(f"{receiver.url}/x")
    receiver.answer(answer)

    with working(app):
        north.ends()
        (delivery,) = north.wait_for_attempts(1)

    assert (delivery.state, delivery.last_failure) == (DeliveryState.WAITING, failure)


def test_a_long_or_odd_body_is_cut_and_kept_readable(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    bomb = gzip.compress(b"\0\xff<script>" + b"a" * 1_000_000)
    receiver.answer(Answer(200, bomb, {"Content-Encoding": "gzip", "Content-Type": "text/html; charset=nonsense"}))

    with working(app):
        north.ends()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    (attempt,) = delivery.tries
    assert attempt.is_cut
    assert attempt.response_body is not None
    assert attempt.response_body.startswith("\ufffd\ufffd<script>aaa")
    assert len(attempt.response_body) == 32 * 1024


def test_one_receiver_that_hangs_does_not_hold_the_others(
    app: Flask, north: Company, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It hangs for longer than a busy machine needs, and no longer than a lease lets it.
    patient = replace(schedule.END, deadline_seconds=schedule.LEASE.total_seconds() - 2)
    monkeypatch.setitem(schedule.SCHEDULES, EventType.CALL_FINISHED, patient)
    with Receiver() as hanging:
        hanging.answer(Answer(when=threading.Event()))
        north.listens(f"{hanging.url}/x")
        with working(app):
            for number in range(30):
                north.ends(f"{number:032x}")
            north.listens(f"{receiver.url}/x")
            north.ends("a" * 32)
            receiver.wait_for(1)
            # Another thread of its own is what each of these costs: a bounded number of them.
            assert len(hanging.requests) <= 4
            hanging.stop()


def test_the_backlog_of_a_pause_goes_out_when_it_ends(app: Flask, north: Company, receiver: Receiver) -> None:
    webhook_id = north.listens(f"{receiver.url}/x")
    north.does(services.pause_webhook, webhook_id)

    with working(app):
        north.ends("a" * 32)
        north.ends("b" * 32)
        north.does(backlog.resume_webhook, webhook_id)
        north.wait_until(DeliveryState.DELIVERED, 2)

    assert all(delivery.attempts == 1 for delivery in north.deliveries())


def test_the_start_arrives_before_the_end_also_when_it_has_to_be_repeated(
    app: Flask, north: Company, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As long as the start is worth sending: how late a busy machine repeats it is not the point.
    monkeypatch.setattr(schedule, "START_FIRST", schedule.START.lifetime)
    north.listens(f"{receiver.url}/x", EventType.CALL_STARTED)
    north.listens(f"{receiver.url}/x")
    receiver.answer(Answer(500), Answer(200))
    north.starts()
    north.ends()

    with working(app):
        north.wait_until(DeliveryState.DELIVERED, 2)

    names = [{name for name, _ in request.parameters} for request in receiver.requests]
    assert ["connection_time" in each for each in names] == [False, False, True]
