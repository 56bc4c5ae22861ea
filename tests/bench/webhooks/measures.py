"""What is measured of webhooks, and what each figure is held against."""

from __future__ import annotations

import ipaddress
import itertools
import re
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from portal.kernel.http import Door, Request
from portal.webhooks.sending.dress import USER_AGENT
from portal.webhooks.sending.schedule import END
from portal.webhooks.sending.sender import BODY_BYTES
from tests.bench.webhooks.scene import Scene
from tests.bench.webhooks.sink import Sink

_numbers = itertools.count(1)
WARM = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure beside what was promised."""

    name: str
    shown: str
    is_met: bool


def wake(scene: Scene, sink: Sink, seconds: int, per_second: int = 50) -> Iterator[Figure]:
    """Call end committed to request received, at 50 calls a second."""
    account = scene.account("Wake")
    scene.listens(account, f"{sink.url}/wake")
    with scene.worker(16):
        _warm_up(scene, sink, account)
        committed = _calls(scene, [account], seconds * per_second, per_second)
        sink.wait_for(len(committed), 60)
    delays = _delays(sink, committed)
    low, high = _percentile(delays, 50), _percentile(delays, 99)
    shown = f"p50 {low * 1000:.1f} ms, p99 {high * 1000:.1f} ms"
    yield Figure("call end committed to request received, 50 calls a second", shown, low <= 0.003 and high <= 0.015)


def throughput(scene: Scene, sink: Sink, number: int, rounds: int) -> Iterator[Figure]:
    """A backlog sent by one worker, beside a bare loop of the same sending; both in turn, the medians of the rounds."""
    accounts = [scene.account(f"Throughput {each}") for each in range(4)]
    for account in accounts:
        for path in "abcd":
            scene.listens(account, f"{sink.url}/{account}/{path}")
    per_account = number // 16
    bare, ours = [], []
    for _ in range(rounds):
        bare.append(_bare_loop(sink, number))
        for account in accounts:
            for _ in range(0, per_account, 50):
                scene.ends(account, [new_call_id() for _ in range(min(50, per_account))])
        waiting = len(accounts) * 4 * -(-per_account // 50) * min(50, per_account)
        with scene.worker(16):
            sink.wait_for(waiting, 300)
            moments = sorted(at for at, _ in sink.take())
        # The first tenth is the start of the process and of its connections.
        begin = len(moments) // 10
        ours.append((len(moments) - begin) / (moments[-1] - moments[begin]))
    least, loop = statistics.median(ours), statistics.median(bare)
    share = least / loop
    shown = f"{least:,.0f} a second; bare loop {loop:,.0f}; share {share:.2f}"
    yield Figure("a backlog sent by one worker with 16 senders", shown, share >= 0.7)


def fairness(scene: Scene, sink: Sink, seconds: int, per_second: int = 10) -> Iterator[Figure]:
    """8 senders, a receiver that never answers with 200 queued, 19 that answer at once, in two accounts."""
    one, other = scene.account("Hanging and healthy"), scene.account("Healthy")
    scene.listens(one, f"{sink.deaf_url}/deaf")
    for _ in range(4):
        scene.ends(one, [new_call_id() for _ in range(50)])
    for number in range(19):
        scene.listens(one if number < 9 else other, f"{sink.url}/healthy/{number}")
    with scene.worker(8):
        _warm_up(scene, sink, other)
        committed = _calls(scene, [one, other], seconds * per_second, per_second)
        sink.wait_for(sum(9 if index % 2 == 0 else 10 for index in range(len(committed))), 60)
    delays = _delays(sink, committed)
    low, high = _percentile(delays, 50), _percentile(delays, 99)
    shown = f"p50 {low * 1000:.1f} ms, p99 {high * 1000:.1f} ms, {len(delays) / seconds:.0f} a second"
    yield Figure("19 healthy webhooks beside one that hangs with 200 queued, 8 senders", shown, high <= 0.03)


def soak(scene: Scene, sink: Sink, events: int) -> Iterator[Figure]:
    """So many events through one worker: its memory after a tenth of them, in the middle and at the end."""
    account = scene.account("Soak")
    for path in "abcd":
        scene.listens(account, f"{sink.url}/soak/{path}")
    before, sizes, arrived, began = scene.delivered(), [], 0, time.monotonic()
    with scene.worker(16) as pid:
        for number in range(0, events // 4, 50):
            scene.ends(account, [new_call_id() for _ in range(50)])
            while arrived + sink.count() < (number - 500) * 4:
                time.sleep(0.01)
            if number % 500 == 0:
                sizes.append(_memory(pid))
                arrived += len(sink.take())
        scene.wait_until_delivered(before + events // 50 // 4 * 200, 600)
        sizes.append(_memory(pid))
    tenth = max(1, len(sizes) // 10)
    early, middle, late = max(sizes[: tenth + 1]), max(sizes[: len(sizes) // 2]), max(sizes[-tenth:])
    took = time.monotonic() - began
    megabytes = ", ".join(f"{size / 1024:.1f}" for size in (early, middle, late))
    shown = f"{megabytes} MB after a tenth, half and all of it; {events / took:,.0f} a second"
    yield Figure(f"{events:,} deliveries by one worker", shown, late <= early * 1.1)


def _warm_up(scene: Scene, sink: Sink, account: int) -> None:
    """The worker runs and its connections stand."""
    for _ in range(WARM):
        sink.take()
        scene.ends(account, [new_call_id()])
        sink.wait_for(1, 60)
        time.sleep(0.05)
    sink.take()


def _calls(scene: Scene, accounts: list[int], number: int, per_second: int) -> dict[str, float]:
    """Calls end at an even pace, in the accounts in turn: when each was committed."""
    committed, began = {}, time.monotonic()
    for each in range(number):
        time.sleep(max(0.0, began + each / per_second - time.monotonic()))
        api_call_id = new_call_id()
        committed[api_call_id] = scene.ends(accounts[each % len(accounts)], [api_call_id])
    return committed


def _delays(sink: Sink, committed: dict[str, float]) -> list[float]:
    found = []
    for at, target in sink.take():
        api_call_id = parse_qs(urlsplit(target).query)["api_call_id"][0]
        if api_call_id in committed:
            found.append(max(0.0, at - committed[api_call_id]))
    return found


def _bare_loop(sink: Sink, number: int) -> float:
    """The same requests by the same door from as many threads, and nothing else."""
    with Door(allow=[ipaddress.ip_network("127.0.0.0/8")]) as door, ThreadPoolExecutor(16) as senders:
        query = "num_a=79039998877&num_m=79037778899&num_b=SIP/0000000672&setup_time=1&connection_time=12"
        requests = [
            Request(
                "GET",
                f"{sink.url}/bare/{each % 16}?{query}&api_call_id={each:032x}",
                {"User-Agent": USER_AGENT, "webhook-id": f"msg_{each:027d}"},
                can_repeat=True,
            )
            for each in range(number)
        ]

        def send(request: Request) -> None:
            door.send(request, deadline_seconds=END.deadline_seconds, body_cap=BODY_BYTES)

        list(senders.map(send, requests))
    moments = sorted(at for at, _ in sink.take())
    begin = len(moments) // 10
    return (len(moments) - begin) / (moments[-1] - moments[begin])


def new_call_id() -> str:
    """One that no other call has."""
    return f"{next(_numbers):032x}"


def _memory(pid: int) -> int:
    """Kilobytes that are the process's own; pages of the database's file that are mapped in are the system's."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found
    return int(found[1])


def _percentile(seconds: list[float], hundredth: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[hundredth - 1]
