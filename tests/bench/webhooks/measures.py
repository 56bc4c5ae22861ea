"""What is measured of webhooks, and what each figure is held against."""

from __future__ import annotations

import itertools
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.bench.webhooks import bare
from tests.bench.webhooks.scene import Scene
from tests.bench.webhooks.sink import Sink

_numbers = itertools.count(1)
WARM = 20
SENDERS = 16


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure beside what was promised."""

    name: str
    shown: str
    is_met: bool


def wake(scene: Scene, sink: Sink, seconds: int, per_second: int = 50) -> Iterator[Figure]:
    """Call end committed to request received, at 50 calls a second; beside what a bare process that is told needs."""
    account, other = scene.account("Wake"), scene.account("Without webhooks")
    scene.listens(account, f"{sink.url}/wake")
    with scene.worker(16) as pid:
        _warm_up(scene, sink, account)
        before = _processor(pid)
        committed = _calls(scene, [account], seconds * per_second, per_second)
        sink.wait_for(len(committed), 60, scene.check)
        spent = (_processor(pid) - before) / len(committed)
    ours = _delays(sink, committed)
    with bare.bell(sink) as bell:
        bell.ring(new_call_id())
        sink.wait_for(1, 60, scene.check)
        committed = _calls(scene, [other], seconds * per_second, per_second, bell.ring)
        sink.wait_for(1 + len(committed), 60, scene.check)
    floor = _delays(sink, committed)
    low, high = _percentile(ours, 50), _percentile(ours, 99)
    shown = f"p50 {low * 1000:.1f} ms, p99 {high * 1000:.1f} ms, {spent * 1000:.1f} ms of processor each"
    told = f"{_percentile(floor, 50) * 1000:.1f} and {_percentile(floor, 99) * 1000:.1f} ms"
    yield Figure(
        "call end committed to request received, 50 calls a second",
        f"{shown}; a bare process that is told of the commit: {told}",
        low <= 0.003 and high <= 0.015,
    )


def throughput(scene: Scene, sink: Sink, number: int, rounds: int) -> Iterator[Figure]:
    """A backlog sent by one worker, beside a bare loop of the same sending; both in turn, the medians of the rounds."""
    accounts = [scene.account(f"Throughput {each}") for each in range(4)]
    for account in accounts:
        for path in "abcd":
            scene.listens(account, f"{sink.url}/{account}/{path}")
    per_account = number // 16
    loops, ours = [], []
    for _ in range(rounds):
        loops.append(bare.loop(sink, number, SENDERS))
        for account in accounts:
            for _ in range(0, per_account, 50):
                scene.ends(account, [new_call_id() for _ in range(min(50, per_account))])
        ours.append(_sent(scene, sink, len(accounts) * 4 * -(-per_account // 50) * min(50, per_account)))
    speed, processor = (statistics.median(each) for each in zip(*ours, strict=True))
    bare_speed, bare_processor = (statistics.median(each) for each in zip(*loops, strict=True))
    share = speed / bare_speed
    yield Figure(
        f"a backlog sent by one worker with {SENDERS} senders",
        f"{speed:,.0f} a second; bare loop {bare_speed:,.0f}; share {share:.2f}; by processor time "
        f"{bare_processor / processor:.2f} ({processor * 1000:.2f} and {bare_processor * 1000:.2f} ms each)",
        share >= 0.7,
    )


def _sent(scene: Scene, sink: Sink, waiting: int) -> tuple[float, float]:
    """How many a second of what waits, and the worker's seconds of processor for each; without its start."""
    with scene.worker(SENDERS) as pid:
        sink.wait_for(waiting // 10, 300, scene.check)
        before, sent = _processor(pid), sink.count()
        sink.wait_for(waiting, 300, scene.check)
        spent = (_processor(pid) - before) / (waiting - sent)
        moments = sorted(at for at, _ in sink.take())
    begin = len(moments) // 10
    return (len(moments) - begin) / (moments[-1] - moments[begin]), spent


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
        sink.wait_for(sum(9 if index % 2 == 0 else 10 for index in range(len(committed))), 60, scene.check)
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
            sink.wait_for((number - 500) * 4 - arrived, 60, scene.check)
            if number % 500 == 0:
                scene.check()
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
        sink.wait_for(1, 60, scene.check)
        time.sleep(0.05)
    sink.take()


def _calls(
    scene: Scene, accounts: list[int], number: int, per_second: int, then: Callable[[str], None] = lambda _: None
) -> dict[str, float]:
    """Calls end at an even pace, in the accounts in turn, and `then`: when each was committed."""
    committed, began = {}, time.monotonic()
    for each in range(number):
        time.sleep(max(0.0, began + each / per_second - time.monotonic()))
        api_call_id = new_call_id()
        committed[api_call_id] = scene.ends(accounts[each % len(accounts)], [api_call_id])
        then(api_call_id)
    return committed


def _delays(sink: Sink, committed: dict[str, float]) -> list[float]:
    found = []
    for at, target in sink.take():
        api_call_id = parse_qs(urlsplit(target).query)["api_call_id"][0]
        if api_call_id in committed:
            found.append(max(0.0, at - committed[api_call_id]))
    return found


def new_call_id() -> str:
    """One that no other call has."""
    return f"{next(_numbers):032x}"


def _processor(pid: int) -> float:
    """Seconds of processor that a process has had, in user space and in the system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> int:
    """Kilobytes that are the process's own; pages of the database's file that are mapped in are the system's."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found
    return int(found[1])


def _percentile(seconds: list[float], hundredth: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[hundredth - 1]
