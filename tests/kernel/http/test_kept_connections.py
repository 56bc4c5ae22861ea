from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network

import pytest

from portal.kernel.http import Door, Failed, FailureKind, Request
from tests.kernel.http.receivers import OK, Receiver, Visit, answering

LOOPBACK = ip_network("127.0.0.0/8")


def get(receiver: Receiver, *, can_repeat: bool = True, host: str = "127.0.0.1") -> Request:
    return Request("GET", receiver.url(host=host), can_repeat=can_repeat)


def test_a_connection_is_used_again(door: Door) -> None:
    with Receiver(answering()) as receiver:
        first, second = (door.send(get(receiver), deadline_seconds=2) for _ in range(2))
        assert receiver.visits == 1
    assert (first.peer.is_reused, second.peer.is_reused) == (False, True)
    assert second.phases.connect is None


def test_a_request_that_must_not_be_repeated_has_a_connection_of_its_own(door: Door) -> None:
    with Receiver(answering()) as receiver:
        for _ in range(3):
            assert not door.send(get(receiver, can_repeat=False), deadline_seconds=2).peer.is_reused
        assert receiver.visits == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + b"x" * 40000,
    ],
)
def test_a_connection_that_ends_or_has_more_to_say_is_not_kept(door: Door, answer: bytes) -> None:
    with Receiver(answering(answer)) as receiver:
        for _ in range(2):
            door.send(get(receiver), deadline_seconds=2)
        assert receiver.visits == 2


def test_names_do_not_share_connections() -> None:
    with Door(allow=[LOOPBACK], lookup=lambda _: ["127.0.0.1"]) as door, Receiver(answering()) as receiver:
        for host in ("a.example", "b.example", "a.example"):
            door.send(get(receiver, host=host), deadline_seconds=2)
        assert receiver.visits == 2


def test_a_kept_connection_is_used_only_while_its_address_is_among_the_names() -> None:
    answers = {"moving.example": ["127.0.0.1"]}
    with Door(allow=[LOOPBACK], lookup=lambda name: answers[name]) as door, Receiver(answering()) as receiver:
        door.send(get(receiver, host="moving.example"), deadline_seconds=2)
        answers["moving.example"] = ["10.0.0.1"]
        door._carrier._resolver.forget("moving.example")
        with pytest.raises(Failed) as failure:
            door.send(get(receiver, host="moving.example"), deadline_seconds=2)
    assert failure.value.kind is FailureKind.REFUSED_ADDRESS


def closing_after(answers: int) -> tuple[Receiver, threading.Event]:
    """Answers so many requests of its first connection, then closes it on reading another."""
    gone = threading.Event()

    def temper(visit: Visit) -> None:
        if visit.receiver.visits == 1:
            for _ in range(answers):
                visit.read_request()
                visit.say(OK)
            visit.read_request()
            gone.set()
            visit.reset()
        else:
            answering()(visit)

    return Receiver(temper), gone


def test_a_kept_connection_that_died_unanswered_is_replaced_once(door: Door) -> None:
    receiver, gone = closing_after(1)
    with receiver:
        door.send(get(receiver), deadline_seconds=2)
        second = door.send(get(receiver), deadline_seconds=2)
        assert gone.is_set()
        assert (second.status, second.peer.is_reused) == (200, False)
        assert (receiver.visits, len(receiver.requests)) == (2, 3)


def test_a_new_connection_that_dies_unanswered_is_a_failure(door: Door) -> None:
    receiver, _ = closing_after(0)
    with receiver:
        with pytest.raises(Failed) as failure:
            door.send(get(receiver), deadline_seconds=2)
        assert receiver.visits == 1
    assert failure.value.kind is FailureKind.DISCONNECTED


def test_an_answer_that_began_is_not_asked_for_again(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(OK)
        visit.read_request()
        visit.say(b"HTTP/1.1 200")

    with Receiver(temper) as receiver:
        door.send(get(receiver), deadline_seconds=2)
        with pytest.raises(Failed) as failure:
            door.send(get(receiver), deadline_seconds=2)
        assert len(receiver.requests) == 2
    assert failure.value.kind is FailureKind.DISCONNECTED


def test_a_kept_connection_that_hangs_is_not_tried_again(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(OK)
        visit.hang()

    with Receiver(temper) as receiver:
        door.send(get(receiver), deadline_seconds=2)
        with pytest.raises(Failed) as failure:
            door.send(get(receiver), deadline_seconds=0.2)
        assert receiver.visits == 1
    assert failure.value.kind is FailureKind.TIMEOUT


def test_a_connection_that_the_receiver_closed_meanwhile_is_noticed_before_it_is_used(door: Door) -> None:
    closed = threading.Event()

    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(OK)
        visit.sock.close()
        closed.set()

    with Receiver(temper) as receiver:
        for _ in range(3):
            closed.clear()
            assert not door.send(get(receiver), deadline_seconds=2).peer.is_reused
            assert closed.wait(2)
        assert len(receiver.requests) == 3


def test_an_old_connection_is_not_used() -> None:
    with Door(allow=[LOOPBACK], idle_seconds=0) as door, Receiver(answering()) as receiver:
        for _ in range(2):
            door.send(get(receiver), deadline_seconds=2)
        assert receiver.visits == 2


def test_no_more_connections_wait_than_may() -> None:
    door = Door(allow=[LOOPBACK], idle_connections=2, lookup=lambda _: ["127.0.0.1"])
    with door, Receiver(answering()) as receiver:
        hosts = ["a.example", "b.example", "c.example"]
        for host in hosts:
            door.send(get(receiver, host=host), deadline_seconds=2)
        reused = {host: door.send(get(receiver, host=host), deadline_seconds=2).peer.is_reused for host in hosts[::-1]}
    assert reused == {"c.example": True, "b.example": True, "a.example": False}


def test_an_exchange_that_ends_after_the_door_was_closed_leaves_no_connection() -> None:
    is_asked, may_answer, is_hung_up = threading.Event(), threading.Event(), threading.Event()

    def slowly(visit: Visit) -> None:
        visit.read_request()
        is_asked.set()
        may_answer.wait(5)
        visit.say(b"HTTP/1.1 204 No Content\r\n\r\n")
        if not visit.read_request():
            is_hung_up.set()

    door = Door(allow=[LOOPBACK])
    with Receiver(slowly) as receiver, ThreadPoolExecutor(1) as sender:
        answer = sender.submit(door.send, get(receiver), deadline_seconds=10)
        assert is_asked.wait(5)
        door.close()
        may_answer.set()
        assert answer.result(5).status == 204
        assert is_hung_up.wait(5)


def test_many_threads_each_get_their_own_answer(door: Door) -> None:
    def echo(visit: Visit) -> None:
        while request := visit.read_request():
            path = request.split(b" ")[1]
            visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))

    def ask(number: int) -> bool:
        request = Request("GET", receiver.url(f"/{number}"), can_repeat=True)
        return door.send(request, deadline_seconds=10).body == f"/{number}".encode()

    with Receiver(echo) as receiver, ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(400)))
        assert receiver.visits <= 16
