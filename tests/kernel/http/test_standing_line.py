"""Connections that stay open to a server of the operator's own: quick, and as careful as the door."""

from __future__ import annotations

import io
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path

import pytest

from portal.kernel.http import Door, Failed, FailureKind, StandingLine
from tests.kernel.http.receivers import OK, Receiver, Temper, Visit, answering, answering_once

JSON = b'{"id": "a"}'


def line_to(door: Door, receiver: Receiver, host: str = "127.0.0.1") -> StandingLine:
    return door.standing_line(receiver.url("/ari/", host), {"Authorization": "Basic eA=="})


def ask(
    line: StandingLine, method: str = "GET", path: str = "channels", *, seconds: float = 2, cap: int = 1000
) -> bytes:
    can_repeat = method != "POST"
    return line.ask(method, path, None, deadline_seconds=seconds, body_cap=cap, can_repeat=can_repeat).body


def failure(door: Door, temper: Temper, *, seconds: float = 2) -> FailureKind:
    with Receiver(temper) as receiver, pytest.raises(Failed) as found:
        ask(line_to(door, receiver), seconds=seconds)
    return found.value.kind


def test_what_is_asked_for_stands_on_the_wire_and_the_connection_stays(door: Door) -> None:
    with Receiver(answering()) as receiver:
        line = line_to(door, receiver)
        first = line.ask("POST", "a%2Fb?c=d", JSON, deadline_seconds=2, body_cap=10, can_repeat=False)
        assert ask(line) == b"ok"
        assert receiver.visits == 1
        sent = receiver.requests
    assert (first.status, first.reason, first.body) == (200, "OK", b"ok")
    head, _, body = sent[0].partition(b"\r\n\r\n")
    assert body == JSON
    assert head.split(b"\r\n") == [
        b"POST /ari/a%2Fb?c=d HTTP/1.1",
        b"Host: 127.0.0.1:" + str(receiver.port).encode(),
        b"Accept-Encoding: identity",
        b"Authorization: Basic eA==",
        b"Content-Type: application/json",
        b"Content-Length: 11",
    ]
    assert b"Content-Length" not in sent[1]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 1\r\n\r\nx", b"x"),
    ],
)
def test_an_answer_ends_where_it_says_and_no_redirect_is_followed(door: Door, answer: bytes, body: bytes) -> None:
    with Receiver(answering(answer)) as receiver:
        line = line_to(door, receiver)
        assert [ask(line), ask(line)] == [body, body]
        assert receiver.visits == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_a_connection_that_ends_or_says_too_much_is_not_kept(door: Door, answer: bytes) -> None:
    with Receiver(answering(answer)) as receiver:
        line = line_to(door, receiver)
        assert [ask(line), ask(line)] == [b"ok", b"ok"]
        assert receiver.visits == 2


def test_a_body_without_a_length_ends_with_the_connection(door: Door) -> None:
    with Receiver(answering_once(b"HTTP/1.1 200 OK\r\n\r\nall of it")) as receiver:
        assert ask(line_to(door, receiver)) == b"all of it"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\n folded\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", FailureKind.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", FailureKind.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001, FailureKind.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, FailureKind.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", FailureKind.DISCONNECTED),
        (b"HTTP/1.1 200 OK\r\nConten", FailureKind.DISCONNECTED),
        (b"", FailureKind.DISCONNECTED),
    ],
)
def test_what_is_no_whole_answer_is_told_by_its_kind(door: Door, answer: bytes, kind: FailureKind) -> None:
    assert failure(door, answering_once(answer)) is kind


def test_who_drips_an_answer_is_not_waited_for_beyond_the_deadline(door: Door) -> None:
    def dripping(visit: Visit) -> None:
        visit.read_request()
        visit.drip(OK * 100)

    assert failure(door, dripping, seconds=0.3) is FailureKind.TIMEOUT
    assert failure(door, Visit.hang, seconds=0.3) is FailureKind.TIMEOUT


def closing_its_first(gone: threading.Event) -> Temper:
    """Answers one request, and hangs up on reading the next of the same connection."""

    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(OK)
        if visit.receiver.visits == 1:
            visit.read_request()
            gone.set()
            visit.reset()
        else:
            answering()(visit)

    return temper


def test_what_may_be_repeated_is_asked_once_more_over_a_new_connection(door: Door) -> None:
    gone = threading.Event()
    with Receiver(closing_its_first(gone)) as receiver:
        line = line_to(door, receiver)
        assert [ask(line), ask(line, "DELETE")] == [b"ok", b"ok"]
        assert gone.is_set()
        assert (receiver.visits, len(receiver.requests)) == (2, 3)


def test_what_may_not_be_repeated_is_written_once(door: Door) -> None:
    with Receiver(closing_its_first(threading.Event())) as receiver:
        line = line_to(door, receiver)
        ask(line)
        with pytest.raises(Failed) as found:
            ask(line, "POST")
        assert (receiver.visits, len(receiver.requests)) == (1, 2)
        assert ask(line, "POST") == b"ok"
    assert found.value.kind is FailureKind.DISCONNECTED


def test_a_connection_that_was_closed_meanwhile_is_noticed_before_anything_is_written(door: Door) -> None:
    over = threading.Event()

    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(OK)
        visit.sock.close()
        over.set()

    with Receiver(temper) as receiver:
        line = line_to(door, receiver)
        ask(line)
        assert over.wait(5)
        # Its end is on the way to us over loopback.
        while line._idle[0].connection.is_connected:
            pass
        assert ask(line, "POST") == b"ok"
        assert (receiver.visits, len(receiver.requests)) == (2, 2)


def test_many_threads_have_a_connection_each_and_an_answer_of_their_own(door: Door) -> None:
    def temper(visit: Visit) -> None:
        while request := visit.read_request():
            path = request.split(b" ", 2)[1]
            visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))

    with Receiver(temper) as receiver, ThreadPoolExecutor(8) as threads:
        line = line_to(door, receiver)
        answers = list(threads.map(lambda each: ask(line, path=str(each)), range(400)))
        assert receiver.visits <= 8
    assert answers == [b"/ari/%d" % each for each in range(400)]


def test_a_file_comes_as_it_is_written_and_a_refusal_does_not_become_one(door: Door) -> None:
    sound = bytes(range(256)) * 4000
    with Receiver(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(sound), sound))) as receiver:
        file = io.BytesIO()
        reply = line_to(door, receiver).fetch("record", file, deadline_seconds=5, body_cap=len(sound))
    assert (reply.status, reply.body, zlib.crc32(file.getvalue())) == (200, b"", zlib.crc32(sound))
    with Receiver(answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")) as receiver:
        file = io.BytesIO()
        reply = line_to(door, receiver).fetch("record", file, deadline_seconds=5, body_cap=10)
    assert (reply.status, reply.body, file.getvalue()) == (404, b"no", b"")


def test_a_full_disk_is_no_fault_of_the_network(door: Door) -> None:
    full = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 - closed below
    with Receiver(answering()) as receiver, full, pytest.raises(OSError, match="No space left"):
        line_to(door, receiver).fetch("record", full, deadline_seconds=5, body_cap=10)


@pytest.mark.parametrize("path", ["a b", "a\r\nX: y", "а", "a\x00"])
def test_a_path_that_is_no_path_is_not_written(door: Door, path: str) -> None:
    with Receiver(answering()) as receiver:
        with pytest.raises(Failed) as found:
            ask(line_to(door, receiver), path=path)
        assert receiver.visits == 0
    assert found.value.kind is FailureKind.BAD_REQUEST


def test_an_address_that_may_not_be_dialled_is_not_dialled() -> None:
    with Receiver(answering()) as receiver, Door(lookup=lambda _: ["127.0.0.1"]) as closed:
        for host in ("127.0.0.1", "switch.example"):
            with pytest.raises(Failed) as found:
                ask(line_to(closed, receiver, host))
            assert found.value.kind is FailureKind.REFUSED_ADDRESS
        assert receiver.visits == 0


def test_nobody_there_is_told_as_that(door: Door) -> None:
    with Receiver(answering()) as receiver:
        line = line_to(door, receiver)
    with pytest.raises(Failed) as found:
        ask(line)
    assert found.value.kind is FailureKind.CONNECT


def test_a_closed_door_keeps_no_connection() -> None:
    with Receiver(answering()) as receiver:
        with Door(allow=[ip_network("127.0.0.0/8")]) as door:
            line = line_to(door, receiver)
            ask(line)
        ask(line)
        ask(line)
        assert receiver.visits == 3
