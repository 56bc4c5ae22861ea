"""The receiver keeps what came and answers as it is told."""

import threading

import pytest
import requests

from tests.support.receiver import Answer, Receiver


def test_it_keeps_the_request_byte_for_byte(receiver: Receiver) -> None:
    requests.post(f"{receiver.url}/hook?a=%2F&&b=1&a=", data=b"\x00body", headers={"webhook-id": "7"}, timeout=5)

    [received] = receiver.requests
    assert received.method == "POST"
    assert received.target == "/hook?a=%2F&&b=1&a="
    assert received.path == "/hook"
    assert received.parameters == [("a", "/"), ("b", "1"), ("a", "")]
    assert received.headers["Webhook-Id"] == "7"
    assert received.body == b"\x00body"


def test_answers_come_in_turn_and_the_last_one_stays(receiver: Receiver) -> None:
    receiver.answer(Answer(500), Answer(204, headers={"X-Turn": "last"}))

    statuses = [requests.get(receiver.url, timeout=5).status_code for _ in range(3)]

    assert statuses == [500, 204, 204]


def test_it_can_hang_up(receiver: Receiver) -> None:
    receiver.answer(Answer(hang_up=True))

    with pytest.raises(requests.ConnectionError):
        requests.get(receiver.url, timeout=5)


def test_a_slow_answer_does_not_outlive_the_receiver() -> None:
    with Receiver() as receiver:
        receiver.answer(Answer(delay_seconds=3600))
        sender = threading.Thread(target=_ignore_the_answer, args=(receiver.url,))
        sender.start()
        receiver.wait_for(1)

    sender.join(timeout=10)
    assert not sender.is_alive()


def test_waiting_in_vain_says_how_many_came(receiver: Receiver) -> None:
    with pytest.raises(AssertionError, match="0 of 1 requests came"):
        receiver.wait_for(1, timeout=0)


def _ignore_the_answer(url: str) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=30)
