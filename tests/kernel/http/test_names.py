from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network

import pytest

from portal.kernel.http import Door, Failed, FailureKind, Request, Stage, UrlReason, UrlRefused
from tests.kernel.http.receivers import Receiver, answering

LOOPBACK = ip_network("127.0.0.0/8")


@contextmanager
def door_with(lookup: Callable[[str], Sequence[str]]) -> Iterator[Door]:
    with Door(allow=[LOOPBACK], connect_seconds=0.3, lookup=lookup) as door:
        yield door


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def nowhere(_: str) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_the_name_stays_in_the_host_header_while_the_address_is_dialled() -> None:
    with door_with(lambda _: ["127.0.0.1"]) as door, Receiver(answering()) as receiver:
        exchange = door.send(Request("GET", receiver.url(host="CRM.Example.")), deadline_seconds=2)
        assert f"\r\nHost: crm.example:{receiver.port}\r\n".encode() in receiver.requests[0]
    assert exchange.peer.address == "127.0.0.1"
    assert exchange.phases.dns is not None


def test_a_name_that_changes_its_mind_after_the_check_is_refused_at_the_dial() -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with door_with(lambda _: next(answers)) as door, Receiver(answering()) as receiver:
        url = door.check_url(receiver.url(host="rebind.example"))
        door.check_host(url)
        door._carrier._resolver.forget("rebind.example")
        with pytest.raises(Failed) as failure:
            door.send(Request("GET", url.url), deadline_seconds=2)
    assert failure.value.kind is FailureKind.REFUSED_ADDRESS
    assert failure.value.peer is None
    assert receiver.visits == 0


def test_one_exchange_asks_for_a_name_once() -> None:
    asked: list[str] = []

    def lookup(name: str) -> Sequence[str]:
        asked.append(name)
        return ["127.0.0.1"]

    with door_with(lookup) as door, Receiver(answering()) as receiver:
        for _ in range(3):
            door.send(Request("GET", receiver.url(host="crm.example")), deadline_seconds=2)
    assert asked == ["crm.example"]


def test_one_inner_address_refuses_the_name_though_the_first_would_do() -> None:
    with door_with(lambda _: ["127.0.0.1", "10.0.0.1"]) as door, Receiver(answering()) as receiver:
        with pytest.raises(Failed) as failure:
            door.send(Request("GET", receiver.url(host="two.example")), deadline_seconds=2)
        assert receiver.visits == 0
    assert failure.value.kind is FailureKind.REFUSED_ADDRESS


def test_a_refused_address_is_told_in_the_same_words_whatever_it_is() -> None:
    inner = {"a.example": "10.0.0.1", "b.example": "169.254.169.254", "c.example": "::1"}
    texts = set()
    with door_with(lambda name: [inner[name]]) as door:
        for url in ("http://10.0.0.1/", "http://a.example/", "http://b.example/", "http://c.example/"):
            with pytest.raises(Failed) as failure:
                door.send(Request("GET", url), deadline_seconds=2)
            texts.add((str(failure.value), failure.value.peer, failure.value.phases.connect))
    assert texts == {("refused_address: the address may not be dialled", None, None)}


def test_the_second_address_is_dialled_when_the_first_does_not_answer() -> None:
    with door_with(lambda _: ["127.0.0.2", "127.0.0.1"]) as door, Receiver(answering()) as receiver:
        exchange = door.send(Request("GET", receiver.url(host="two.example")), deadline_seconds=2)
    assert exchange.peer.address == "127.0.0.1"


def test_a_name_none_of_whose_addresses_answered_is_asked_for_again() -> None:
    answers = iter([["127.0.0.2"], ["127.0.0.1"]])
    with door_with(lambda _: next(answers)) as door, Receiver(answering()) as receiver:
        request = Request("GET", receiver.url(host="moved.example"))
        with pytest.raises(Failed):
            door.send(request, deadline_seconds=2)
        assert door.send(request, deadline_seconds=2).status == 200


@pytest.mark.parametrize("lookup", [nowhere, lambda _: []])
def test_a_name_without_an_address_has_its_own_reason(lookup: Callable[[str], Sequence[str]]) -> None:
    with door_with(lookup) as door:
        with pytest.raises(UrlRefused) as refused:
            door.check_host(door.check_url("http://nobody.example/"))
        with pytest.raises(Failed) as failure:
            door.send(Request("GET", "http://nobody.example/"), deadline_seconds=2)
    assert refused.value.reason is UrlReason.UNRESOLVED
    assert (failure.value.kind, failure.value.stage) == (FailureKind.DNS, Stage.DNS)


def test_saving_refuses_what_sending_would() -> None:
    with door_with(lambda _: ["8.8.8.8", "192.168.0.1"]) as door, pytest.raises(UrlRefused) as refused:
        door.check_host(door.check_url("http://intranet.example/"))
    assert refused.value.reason is UrlReason.ADDRESS


def test_saving_takes_a_name_whose_addresses_are_all_public() -> None:
    with door_with(lambda _: ["8.8.8.8", "2606:4700:4700::1111"]) as door:
        door.check_host(door.check_url("http://crm.example/"))
        door.check_host(door.check_url("http://127.0.0.1/"))


def test_a_name_server_that_hangs_holds_nobody_past_the_deadline() -> None:
    release = threading.Event()
    asked: list[str] = []

    def lookup(name: str) -> Sequence[str]:
        asked.append(name)
        if name == "slow.example":
            release.wait(30)
        return ["127.0.0.1"]

    with door_with(lookup) as door, Receiver(answering()) as receiver:
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(Failed) as failure:
                door.send(Request("GET", receiver.url(host="slow.example")), deadline_seconds=0.1)
            assert (failure.value.kind, failure.value.stage) == (FailureKind.TIMEOUT, Stage.DNS)
        with pytest.raises(UrlRefused) as refused:
            door.check_host(door.check_url("http://slow.example/"), deadline_seconds=0.1)
        assert time.monotonic() - began < 5
        assert refused.value.reason is UrlReason.UNRESOLVED
        # Others are not held up, and however many ask, one thread waits.
        assert door.send(Request("GET", receiver.url(host="quick.example")), deadline_seconds=2).status == 200
        assert asked == ["slow.example", "quick.example"]
        release.set()


def test_names_that_hang_cannot_use_up_the_threads() -> None:
    release = threading.Event()

    def lookup(_: str) -> Sequence[str]:
        release.wait(30)
        return ["127.0.0.1"]

    with door_with(lookup) as door:
        before = threading.active_count()
        kinds = set()
        for number in range(80):
            with pytest.raises(Failed) as failure:
                door.send(Request("GET", f"http://slow{number}.example/"), deadline_seconds=0.005)
            kinds.add(failure.value.kind)
        assert threading.active_count() - before <= 64
        assert kinds == {FailureKind.TIMEOUT, FailureKind.DNS}
        release.set()
