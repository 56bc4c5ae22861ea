"""What a receiver does wrong, out of malice or by mistake, ends in one plain failure and in time."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
import zlib

import pytest

from portal.kernel.http import Door, Exchange, Failed, FailureKind, Request, Stage
from tests.kernel.http.receivers import OK, Receiver, Temper, Visit, answering, answering_once

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
# A sender is held for its deadline and not for ever; how much later the machine gets round to it is not promised.
DEADLINE = 0.2
NOT_FOR_EVER = 3.0


def fail(door: Door, temper: Temper, body: bytes | None = None) -> Failed:
    with Receiver(temper) as receiver:
        request = Request("POST" if body else "GET", receiver.url("/?key=SECRET"), {}, body)
        began = time.monotonic()
        with pytest.raises(Failed) as failure:
            door.send(request, deadline_seconds=DEADLINE)
        assert time.monotonic() - began < NOT_FOR_EVER
    assert "SECRET" not in str(failure.value)
    return failure.value


def answer(door: Door, temper: Temper, **limits: int) -> Exchange:
    with Receiver(temper) as receiver:
        return door.send(Request("GET", receiver.url()), deadline_seconds=2, **limits)


def test_nobody_listens(door: Door) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    with pytest.raises(Failed) as failure:
        door.send(Request("GET", url), deadline_seconds=DEADLINE)
    assert (failure.value.kind, failure.value.stage) == (FailureKind.CONNECT, Stage.CONNECT)
    assert failure.value.peer is not None
    assert failure.value.sent is None


def test_it_takes_the_connection_and_says_nothing(door: Door) -> None:
    failure = fail(door, Visit.hang)
    assert (failure.kind, failure.stage) == (FailureKind.TIMEOUT, Stage.WAIT)
    assert failure.sent is not None
    assert failure.partial is None
    assert failure.phases.connect is not None
    assert failure.phases.first_byte is not None


def test_it_stops_after_the_headers(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.say(HEAD)
        visit.hang()

    failure = fail(door, temper)
    assert (failure.kind, failure.stage) == (FailureKind.TIMEOUT, Stage.ANSWER)
    assert failure.partial is not None
    assert (failure.partial.status, failure.partial.is_cut) == (200, True)


def test_it_drips_its_headers(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 50)

    failure = fail(door, temper)
    assert (failure.kind, failure.stage) == (FailureKind.TIMEOUT, Stage.ANSWER)


def test_it_drips_its_body(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.say(HEAD)
        visit.drip(b"x" * 1000)

    failure = fail(door, temper)
    assert failure.kind is FailureKind.TIMEOUT
    assert failure.partial is not None
    assert failure.partial.body.startswith(b"xx")


def test_it_drips_chunks(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        visit.drip(b"1\r\nx\r\n" * 200)

    assert fail(door, temper).kind is FailureKind.TIMEOUT


def test_it_never_reads_what_is_sent(door: Door) -> None:
    failure = fail(door, Visit.hang, body=b"x" * 20_000_000)
    assert (failure.kind, failure.stage) == (FailureKind.TIMEOUT, Stage.WAIT)


def test_it_sends_a_body_without_end(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            visit.say(b"x" * 65536)

    exchange = answer(door, temper)
    assert (exchange.status, len(exchange.body), exchange.is_cut) == (200, 32 * 1024, True)


def test_it_sends_headers_without_end(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.say(b"HTTP/1.1 200 OK\r\n")
        while True:
            visit.say(b"X: 1\r\n" * 1000)

    assert fail(door, temper).kind is FailureKind.TOO_LARGE


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 101, id="a hundred and one headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, id="one header of 70 kB"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: %s\r\n" % (b"x" * 1000) * 90, id="90 kB of headers"),
        pytest.param(b"HTTP/1.1 200 " + b"x" * 70_000, id="a status line of 70 kB"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 5000, id="a hundred thousand bytes of continue"),
    ],
)
def test_it_sends_too_much_of_a_head(door: Door, head: bytes) -> None:
    assert fail(door, answering_once(head + b"\r\n\r\n")).kind is FailureKind.TOO_LARGE


def bomb(encoding: str) -> bytes:
    """50 MB of nothing, packed as often as the encoding says."""
    body = bytes(50_000_000)
    for name in encoding.split(", "):
        body = gzip.compress(body) if name == "gzip" else zlib.compress(body)
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        encoding.encode(),
        len(body),
        body,
    )


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
def test_a_bomb_is_not_inflated(door: Door, encoding: str) -> None:
    packed = bomb(encoding)
    tracemalloc.start()
    try:
        exchange = answer(door, answering_once(packed))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (exchange.body, exchange.is_cut) == (bytes(32 * 1024), True)
    assert peak < 2_000_000


def test_a_compressed_answer_is_read_though_nobody_asked_for_one(door: Door) -> None:
    packed = gzip.compress("привет".encode())
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    exchange = answer(door, answering(head + packed))
    assert (exchange.body.decode(), exchange.is_cut) == ("привет", False)


def test_compression_that_never_says_anything_ends(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        while True:
            visit.say(gzip.compress(b"") * 500)

    exchange = answer(door, temper)
    assert (exchange.body, exchange.is_cut) == (b"", True)


def test_a_body_that_is_not_what_it_says_is_cut_and_the_answer_stands(door: Door) -> None:
    exchange = answer(door, answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain"))
    assert (exchange.status, exchange.is_cut) == (200, True)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-", HEAD + b"abc"])
def test_it_resets_the_connection(door: Door, said: bytes) -> None:
    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(said)
        time.sleep(0.05)  # so that what was said is read before the reset throws it away
        visit.reset()

    assert fail(door, temper).kind is FailureKind.DISCONNECTED


def test_it_hangs_up_without_an_answer(door: Door) -> None:
    assert fail(door, answering_once(b"")).kind is FailureKind.DISCONNECTED


@pytest.mark.parametrize(
    "short",
    [
        HEAD + b"only this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n",
    ],
)
def test_it_sends_less_than_it_promised(door: Door, short: bytes) -> None:
    failure = fail(door, answering_once(short))
    assert failure.kind is FailureKind.DISCONNECTED
    assert failure.partial is not None
    assert failure.partial.body.startswith(b"only")


@pytest.mark.parametrize(
    "broken", [b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"]
)
def test_a_head_that_breaks_off_is_no_answer(door: Door, broken: bytes) -> None:
    """Python's own reader takes it for a whole one, and the delivery would count as done."""
    assert fail(door, answering_once(broken)).kind is FailureKind.DISCONNECTED


def test_it_sends_more_than_it_promised_and_the_rest_is_nobodys_answer(door: Door) -> None:
    with Receiver(answering(OK + b"HTTP/1.1 500 Not yours\r\nContent-Length: 0\r\n\r\n")) as receiver:
        for _ in range(3):
            exchange = door.send(Request("GET", receiver.url(), can_repeat=True), deadline_seconds=2)
            assert (exchange.status, exchange.body) == (200, b"ok")


def test_an_interim_answer_is_not_taken_for_the_answer(door: Door) -> None:
    failure = fail(door, answering_once(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK))
    assert failure.kind is FailureKind.PROTOCOL


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 7\r\n\r\nabcdefg",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_it_does_not_speak_http(door: Door, nonsense: bytes) -> None:
    assert fail(door, answering_once(nonsense)).kind in {FailureKind.PROTOCOL, FailureKind.DISCONNECTED}
