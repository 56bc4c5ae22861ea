"""What an engine asks of Asterisk goes on beside each other in its one thread."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from queue import SimpleQueue

import pytest
import trustme

from portal.kernel.http import Door, Failed, FailureKind, LoopedLine, Reply
from portal.telephony.engines.timeline import RealTimeline
from tests.kernel.http.receivers import OK, Receiver, Visit, answering, answering_once

_PATIENCE = 20.0
CAP = 50_000


class Thread:
    """A loop, and a line in it that is asked from here."""

    def __init__(self, door: Door) -> None:
        self.timeline = RealTimeline()
        self._door = door
        self._lines: list[LoopedLine] = []
        self.timeline.start()

    def line(self, receiver: Receiver, *, at_most: int = 12, idle_seconds: float = 10.0) -> LoopedLine:
        standing = self._door.standing_line(receiver.url("/ari/"), {})
        self._lines.append(LoopedLine(standing, self.timeline, at_most=at_most, idle_seconds=idle_seconds))
        return self._lines[-1]

    def ask(
        self, line: LoopedLine, *asked: tuple[str, str], seconds: float = 5.0, body: bytes | None = None
    ) -> list[Reply | Failed]:
        """All of these at once; what came of them, in the order in which it came."""
        heard: SimpleQueue[Reply | Failed] = SimpleQueue()

        def begin() -> None:
            for method, path in asked:
                line.ask(
                    method,
                    path,
                    body,
                    heard.put,
                    deadline_seconds=seconds,
                    body_cap=CAP,
                    can_repeat=method != "POST",
                )

        self.timeline.post(begin)
        return [heard.get(timeout=_PATIENCE) for _ in asked]

    def stop(self) -> None:
        self.timeline.stop()
        for line in self._lines:
            line.close()


@pytest.fixture(name="thread")
def _thread() -> Iterator[Thread]:
    with Door(allow=[ip_network("127.0.0.0/8")]) as door:
        thread = Thread(door)
        yield thread
        thread.stop()


def kind(heard: Reply | Failed) -> FailureKind:
    assert isinstance(heard, Failed), heard
    return heard.kind


def body(heard: Reply | Failed) -> bytes:
    assert isinstance(heard, Reply), heard
    return heard.body


def echoing(visit: Visit) -> None:
    while request := visit.read_request():
        path = request.split(b" ", 2)[1]
        visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))


def test_many_at_once_share_few_connections_and_each_has_its_own_answer(thread: Thread) -> None:
    with Receiver(echoing) as receiver:
        line = thread.line(receiver, at_most=5)
        heard = thread.ask(line, *(("GET", str(each)) for each in range(200)))
        assert {body(each) for each in heard} == {b"/ari/%d" % each for each in range(200)}
        assert receiver.visits <= 5


def test_one_that_is_not_answered_keeps_nobody_else_waiting(thread: Thread) -> None:
    is_over = threading.Event()

    def temper(visit: Visit) -> None:
        while request := visit.read_request():
            if b"/ari/slow" in request:
                is_over.wait(_PATIENCE)
            visit.say(OK)

    with Receiver(temper) as receiver:
        line = thread.line(receiver)
        slow: SimpleQueue[Reply | Failed] = SimpleQueue()
        thread.timeline.post(
            lambda: line.ask("GET", "slow", None, slow.put, deadline_seconds=20, body_cap=10, can_repeat=True)
        )
        assert [body(each) for each in thread.ask(line, *[("GET", "quick")] * 20)] == [b"ok"] * 20
        assert slow.empty()
        is_over.set()
        assert body(slow.get(timeout=_PATIENCE)) == b"ok"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 1\r\n\r\nx", b"x"),
    ],
)
def test_an_answer_may_come_in_any_pieces_and_the_connection_stays(thread: Thread, answer: bytes, said: bytes) -> None:
    def temper(visit: Visit) -> None:
        while visit.read_request():
            for at in range(len(answer)):
                visit.say(answer[at : at + 1])

    with Receiver(temper) as receiver:
        line = thread.line(receiver)
        assert [body(each) for _ in range(2) for each in thread.ask(line, ("GET", "a"))] == [said, said]
        assert receiver.visits == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50001\r\n\r\n", FailureKind.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, FailureKind.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", FailureKind.DISCONNECTED),
        (b"", FailureKind.DISCONNECTED),
    ],
)
def test_what_is_no_whole_answer_is_told_by_its_kind(thread: Thread, answer: bytes, why: FailureKind) -> None:
    with Receiver(answering_once(answer)) as receiver:
        assert kind(*thread.ask(thread.line(receiver), ("POST", "a"))) is why


def test_who_never_answers_is_given_up_at_the_deadline(thread: Thread) -> None:
    with Receiver(Visit.hang) as receiver:
        line = thread.line(receiver, at_most=1)
        began = thread.timeline.now()
        for tenths in range(1, 20):
            thread.timeline.call_at(began + timedelta(seconds=tenths / 10), line.give_up_late)
        # All but the first wait for the one connection there is.
        heard = thread.ask(line, *[("GET", "a")] * 4, seconds=0.3)
        assert [kind(each) for each in heard] == [FailureKind.TIMEOUT] * 4


def closing_its_first(visit: Visit) -> None:
    """Answers one request, and hangs up on reading the next of the same connection."""
    visit.read_request()
    visit.say(OK)
    if visit.receiver.visits == 1:
        visit.read_request()
        visit.reset()
    else:
        answering()(visit)


def test_only_what_may_be_repeated_is_asked_once_more_over_a_new_connection(thread: Thread) -> None:
    with Receiver(closing_its_first) as receiver:
        line = thread.line(receiver)
        assert [body(each) for way in ("GET", "DELETE") for each in thread.ask(line, (way, "a"))] == [b"ok", b"ok"]
        assert (receiver.visits, len(receiver.requests)) == (2, 3)
    with Receiver(closing_its_first) as receiver:
        line = thread.line(receiver)
        thread.ask(line, ("GET", "a"))
        assert kind(*thread.ask(line, ("POST", "a"))) is FailureKind.DISCONNECTED
        assert (receiver.visits, len(receiver.requests)) == (1, 2)
        assert body(*thread.ask(line, ("POST", "a"))) == b"ok"


def test_a_connection_that_was_closed_meanwhile_is_not_used(thread: Thread) -> None:
    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.say(OK)
        visit.sock.close()

    with Receiver(temper) as receiver:
        line = thread.line(receiver)
        for visits in range(1, 4):
            assert body(*thread.ask(line, ("GET", "a"))) == b"ok"
            assert receiver.visits == visits


def test_nobody_there_and_a_path_that_is_none(thread: Thread) -> None:
    with Receiver(answering()) as receiver:
        line = thread.line(receiver)
        assert kind(*thread.ask(line, ("GET", "a b"))) is FailureKind.BAD_REQUEST
        assert receiver.visits == 0
    assert kind(*thread.ask(line, ("GET", "a"))) is FailureKind.CONNECT


def test_over_tls_an_answer_in_pieces_is_whole_too(tmp_path: Path) -> None:
    """What TLS has read and nobody has taken is told by no socket."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    long = b"x" * 40_000

    def temper(visit: Visit) -> None:
        while visit.read_request():
            visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n")
            visit.say(b"\r\n" + long)

    with (
        Door(allow=[ip_network("127.0.0.0/8")], ca_file=str(tmp_path / "ca.pem")) as door,
        Receiver(temper, context) as receiver,
    ):
        thread = Thread(door)
        line = thread.line(receiver)
        assert [body(each) for _ in range(3) for each in thread.ask(line, ("GET", "a"))] == [long] * 3
        assert receiver.visits == 1
        thread.stop()
