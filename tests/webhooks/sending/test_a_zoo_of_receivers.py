"""Receivers of every temper behind one worker: each try is told by its kind, and a good neighbour is served."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from flask import Flask

from portal.webhooks.models import DeliveryState, EventType, WebhookDelivery
from portal.webhooks.sending import schedule
from tests.kernel.http.receivers import OK, Receiver, Temper, Visit, answering, answering_once
from tests.webhooks.world import Company, working

HEAD = b"HTTP/1.1 200 OK\r\n"


def hanging_at_once(visit: Visit) -> None:
    visit.read_request()
    visit.hang()


def hanging_after_its_headers(visit: Visit) -> None:
    visit.read_request()
    visit.say(HEAD + b"Content-Length: 9\r\n\r\n")
    visit.hang()


def dripping_headers(visit: Visit) -> None:
    visit.read_request()
    visit.drip(HEAD + b"X: " + b"a" * 5000)


def dripping_its_body(visit: Visit) -> None:
    visit.read_request()
    visit.say(HEAD + b"Content-Length: 5000\r\n\r\n")
    visit.drip(b"a" * 5000)


def talking_without_end(visit: Visit) -> None:
    visit.read_request()
    visit.say(HEAD + b"\r\n")
    while not visit.receiver.is_closing.is_set():
        visit.say(b"a" * 65536)


def resetting(visit: Visit) -> None:
    visit.read_request()
    visit.reset()


def speaking_in_the_clear(visit: Visit) -> None:
    visit.sock.recv(1)
    visit.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def redirecting(visit: Visit) -> None:
    while visit.read_request():
        visit.say(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")


BOMB = gzip.compress(b"a" * 20_000_000)
# Temper, the status and the failure that its delivery shall show.
ZOO: dict[str, tuple[Temper, int | None, str | None]] = {
    "hangs before its headers": (hanging_at_once, None, "timeout"),
    "hangs after its headers": (hanging_after_its_headers, 200, "timeout"),
    "drips its headers": (dripping_headers, None, "timeout"),
    "drips its body": (dripping_its_body, 200, "timeout"),
    "talks without end": (talking_without_end, 200, None),
    "sends a bomb": (
        answering_once(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
        200,
        None,
    ),
    "resets": (resetting, None, "disconnected"),
    "hangs up": (answering_once(b""), None, "disconnected"),
    "sends less than it says": (answering_once(HEAD + b"Content-Length: 99\r\n\r\nshort"), 200, "disconnected"),
    "redirects for ever": (redirecting, 302, None),
    "says it does not speak HTTP": (answering_once(b"220 mail.example ESMTP\r\n"), None, "protocol"),
    "asks for time": (
        answering(b"HTTP/1.1 429 Too Many\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n"),
        429,
        None,
    ),
    "asks for time without end": (
        answering(
            b"HTTP/1.1 503 Later\r\nRetry-After: Fri, 31 Dec 99999999999 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n"
        ),
        503,
        None,
    ),
    "is broken": (answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), 500, None),
}
TAKEN = {"talks without end", "sends a bomb"}
"""2xx is success, whatever the body is: it is cut."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of a missed call may take two seconds as a whole."""
    monkeypatch.setitem(schedule.SCHEDULES, EventType.CALL_MISSED, replace(schedule.END, deadline_seconds=2.0))


def event_for(failure: str | None) -> EventType:
    """A call that was missed ends, too: so whoever does not hang has all the time that a busy machine wants."""
    return EventType.CALL_MISSED if failure == "timeout" else EventType.CALL_FINISHED


@pytest.fixture
def zoo(north: Company) -> Iterator[dict[int, str]]:
    """All of them listening, each with a webhook of its own: its id and the temper's name."""
    with ExitStack() as stack:
        hooks = {
            north.listens(stack.enter_context(Receiver(temper)).url(f"/{number}"), event_for(failure)): name
            for number, (name, (temper, _, failure)) in enumerate(ZOO.items())
        }
        # One that speaks in the clear where TLS is expected, and one that nobody listens at.
        plain = stack.enter_context(Receiver(speaking_in_the_clear))
        hooks[north.listens(plain.url("/tls").replace("http:", "https:"))] = "has no TLS"
        with Receiver(answering(OK)) as closed:
            nobody = closed.url("/nobody")
        hooks[north.listens(nobody)] = "is not there"
        yield hooks


def found(deliveries: list[WebhookDelivery], hooks: dict[int, str]) -> dict[str, WebhookDelivery]:
    return {hooks[row.subscription_id]: row for row in deliveries if row.subscription_id in hooks}


@pytest.mark.usefixtures("impatient")
def test_every_temper_is_told_by_its_kind_and_holds_nobody_up(app: Flask, north: Company, zoo: dict[int, str]) -> None:
    with Receiver(answering(OK)) as good, working(app):
        friendly = north.listens(good.url("/good"))
        north.ends("a" * 32, outcome="missed", answered_at=None, talk_seconds=0)
        rows = north.wait_for_attempts(1)

    shown = found(rows, zoo)
    expected = {name: (status, failure) for name, (_, status, failure) in ZOO.items()}
    expected |= {"has no TLS": (None, "tls"), "is not there": (None, "connect")}
    assert {name: (row.last_status, row.last_failure) for name, row in shown.items()} == expected
    assert {name for name, row in shown.items() if row.state == DeliveryState.DELIVERED} == TAKEN
    assert {row.state for name, row in shown.items() if name not in TAKEN} == {DeliveryState.WAITING}
    assert all(len(attempt.response_body or "") <= 32 * 1024 for row in rows for attempt in row.tries)
    assert [row.state for row in rows if row.subscription_id == friendly] == [DeliveryState.DELIVERED]
    assert good.visits == 1
