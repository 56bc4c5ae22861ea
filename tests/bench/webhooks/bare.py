"""The same requests by the same door, and nothing else: what the machine allows at the time."""

from __future__ import annotations

import ipaddress
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection

from portal.kernel.http import Door, Request
from portal.webhooks.sending.dress import USER_AGENT
from portal.webhooks.sending.schedule import END
from portal.webhooks.sending.sender import BODY_BYTES
from tests.bench.webhooks.sink import Sink

_QUERY = "num_a=79039998877&num_m=79037778899&num_b=SIP/0000000672&setup_time=1&connection_time=12"
_context = multiprocessing.get_context("spawn")


class Bell:
    """A process that waits for a word and sends a request with it at once."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def ring(self, api_call_id: str) -> None:
        """Returns at once."""
        self._pipe.send(api_call_id)


@contextmanager
def bell(sink: Sink) -> Iterator[Bell]:
    """For the time of the block."""
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_answer, args=(theirs, f"{sink.url}/bell"), daemon=True)
    process.start()
    try:
        yield Bell(ours)
    finally:
        ours.send("")
        process.join(10)


def _answer(pipe: Connection, url: str) -> None:
    with _door() as door:
        while api_call_id := pipe.recv():
            _send(door, _request(url, api_call_id))


def loop(sink: Sink, number: int, senders: int) -> tuple[float, float]:
    """So many from so many threads: how many a second, and the seconds of processor that each took."""
    with _door() as door, ThreadPoolExecutor(senders) as threads:
        requests = [_request(f"{sink.url}/bare/{each % 16}", f"{each:032x}") for each in range(number)]
        before = time.process_time()
        list(threads.map(lambda request: _send(door, request), requests))
        processor = time.process_time() - before
    moments = sorted(at for at, _ in sink.take())
    begin = len(moments) // 10
    return (len(moments) - begin) / (moments[-1] - moments[begin]), processor / number


def _door() -> Door:
    return Door(allow=[ipaddress.ip_network("127.0.0.0/8")])


def _request(url: str, api_call_id: str) -> Request:
    headers = {"User-Agent": USER_AGENT, "webhook-id": f"msg_{api_call_id[-27:]}"}
    return Request("GET", f"{url}?{_QUERY}&api_call_id={api_call_id}", headers, can_repeat=True)


def _send(door: Door, request: Request) -> None:
    door.send(request, deadline_seconds=END.deadline_seconds, body_cap=BODY_BYTES)
