"""Workers that are killed at random, over and over, while calls go on ending: what became of every notice."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from portal.kernel.clock import now
from portal.webhooks.sending.schedule import LEASE
from tests.bench.webhooks.measures import Figure, new_call_id
from tests.bench.webhooks.scene import Scene
from tests.bench.webhooks.sink import Sink

PATHS = ("a", "b", "c")
WORKERS = 2
SENDERS = 4
LONGEST_LIFE = 1.5
"""Seconds between two kills at most, from the first notice on that came after the one before."""
_CLOCKS_DIFFER = 0.005
"""Seconds between the two clocks that are compared."""


@dataclass(frozen=True, slots=True)
class _Fate:
    """One notice: when it was received, and when it was noted as delivered (UNIX seconds), if it was."""

    arrivals: Sequence[float]
    noted_at: float | None


def storm(scene: Scene, sink: Sink, kills: int, calls_per_second: int = 20) -> Iterator[Figure]:
    """So many kills among two workers, then one that ends it in peace."""
    account, chance = scene.account("Storm"), random.Random(kills)
    for path in PATHS:
        scene.listens(account, f"{sink.url}/storm/{path}")
    calls: list[str] = []
    is_over = threading.Event()
    calling = threading.Thread(target=_call, args=(scene, account, calls, is_over, 1 / calls_per_second))
    calling.start()
    _kill(scene, sink, chance, kills)
    is_over.set()
    calling.join()
    ended = time.monotonic()
    with scene.worker(SENDERS):
        scene.wait_until_delivered_of(account, len(calls) * len(PATHS), LEASE.total_seconds() * 4)
        healed = time.monotonic() - ended
        fates = _fates(scene, sink, account)
    yield _judged(fates, len(calls) * len(PATHS), kills, healed)


def _call(scene: Scene, account: int, calls: list[str], is_over: threading.Event, pause: float) -> None:
    while not is_over.wait(pause):
        call = new_call_id()
        scene.ends(account, [call])
        calls.append(call)


def _kill(scene: Scene, sink: Sink, chance: random.Random, kills: int) -> None:
    """The oldest goes each time, and the one after it is known to be at work: something has come."""
    workers = [scene.start_worker(SENDERS) for _ in range(WORKERS)]
    for _ in range(kills):
        sink.wait_for(sink.count() + 1, 60)
        time.sleep(chance.uniform(0, LONGEST_LIFE))
        victim = workers.pop(0)
        victim.kill()
        victim.wait()
        workers.append(scene.start_worker(SENDERS))
    for worker in workers:
        worker.kill()
        worker.wait()


def _fates(scene: Scene, sink: Sink, account: int) -> list[_Fate]:
    offset = now().timestamp() - time.monotonic()
    arrivals: dict[tuple[str, str], list[float]] = defaultdict(list)
    for at, target in sink.take():
        parts = urlsplit(target)
        arrivals[parts.path, parse_qs(parts.query)["api_call_id"][0]].append(at + offset)
    return [_Fate(sorted(arrivals[path, call]), noted) for path, call, noted in scene.noted(account)]


def _judged(fates: Sequence[_Fate], expected: int, kills: int, healed: float) -> Figure:
    lost = expected - sum(1 for fate in fates if fate.noted_at is not None and fate.arrivals)
    late = sum(
        1
        for fate in fates
        if fate.noted_at is not None and fate.arrivals and fate.arrivals[-1] > fate.noted_at + _CLOCKS_DIFFER
    )
    twice = sum(1 for fate in fates if len(fate.arrivals) > 1)
    longest = max(
        (after - before for fate in fates for before, after in zip(fate.arrivals, fate.arrivals[1:], strict=False)),
        default=0.0,
    )
    shown = (
        f"{expected:,} notices: {lost} lost, {late} sent after success was recorded, {twice} received twice, "
        f"a repeat after {longest:.0f} s at most, all done {healed:.0f} s after the last kill"
    )
    # One that two workers in turn were killed with waits for two leases.
    is_met = not lost and not late and longest <= 2 * LEASE.total_seconds() + 5
    return Figure(f"{kills} kills -9 among {WORKERS} workers", shown, is_met)
