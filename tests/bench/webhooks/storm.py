"""Workers that are killed at random, over and over, while calls go on ending: what became of every notice."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from portal.kernel.clock import now
from portal.webhooks.sending.schedule import LEASE
from tests.bench.webhooks.measures import Figure, new_call_id
from tests.bench.webhooks.scene import Nursery, Scene
from tests.bench.webhooks.sink import Sink

PATHS = ("a", "b", "c")
WORKERS = 2
SENDERS = 4
LONGEST_LIFE = 1.5
"""Seconds between two kills at most, from the first notice on that came after the one before."""
HEALS_WITHIN = 120.0
"""Seconds after the last kill in which all must be done."""
_CLOCKS_DIFFER = 0.005
"""Seconds between the two clocks that are compared."""


@dataclass(frozen=True, slots=True)
class _Fate:
    """One notice: when it was received, and when it was noted as delivered (UNIX seconds), if it was."""

    arrivals: Sequence[float]
    noted_at: float | None


def storm(scene: Scene, sink: Sink, kills: int, calls_per_second: int = 10) -> Iterator[Figure]:
    """So many kills among two workers, then one that ends it in peace. It ends, with a verdict."""
    account, chance = scene.account("Storm"), random.Random(kills)
    for path in PATHS:
        scene.listens(account, f"{sink.url}/storm/{path}")
    calls: list[str] = []
    with scene.nursery(SENDERS) as nursery, _calling(scene, account, calls, 1 / calls_per_second):
        _kill(nursery, sink, chance, kills)
    ended = time.monotonic()
    with scene.worker(SENDERS):
        scene.is_delivered(account, len(calls) * len(PATHS), HEALS_WITHIN)
        healed = time.monotonic() - ended
        fates = _fates(scene, sink, account)
    yield _judged(fates, len(calls) * len(PATHS), kills, healed)


@contextmanager
def _calling(scene: Scene, account: int, calls: list[str], pause: float) -> Iterator[None]:
    """Calls end until the block does, however it ends."""
    is_over = threading.Event()
    thread = threading.Thread(target=_call, args=(scene, account, calls, is_over, pause))
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _call(scene: Scene, account: int, calls: list[str], is_over: threading.Event, pause: float) -> None:
    while not is_over.wait(pause):
        call = new_call_id()
        scene.ends(account, [call])
        calls.append(call)


def _kill(nursery: Nursery, sink: Sink, chance: random.Random, kills: int) -> None:
    """The oldest goes each time, and the one after it is known to be at work: something has come."""
    workers = [nursery.bear() for _ in range(WORKERS)]
    try:
        for _ in range(kills):
            sink.wait_for(sink.count() + 1, 60, lambda: nursery.check(workers))
            time.sleep(chance.uniform(0, LONGEST_LIFE))
            nursery.kill(workers.pop(0))
            workers.append(nursery.bear())
    finally:
        for worker in workers:
            nursery.kill(worker)


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
    is_met = not lost and not late and longest <= LEASE.total_seconds()
    return Figure(f"{kills} kills -9 among {WORKERS} workers", shown, is_met)
