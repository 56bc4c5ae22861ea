"""All of them, on both databases, as one table."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import machine
from tests.bench.webhooks import measures
from tests.bench.webhooks.measures import Figure
from tests.bench.webhooks.scene import Scene, on_postgresql, on_sqlite
from tests.bench.webhooks.sink import Sink, sink
from tests.bench.webhooks.storm import storm


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    seconds: int
    backlog: int
    rounds: int
    soak: int
    kills: int


FULL = Extent(seconds=20, backlog=6_400, rounds=3, soak=100_000, kills=60)
QUICK = Extent(seconds=5, backlog=1_600, rounds=1, soak=4_000, kills=5)


def run(*, is_quick: bool) -> None:
    """Measures and prints."""
    extent = QUICK if is_quick else FULL
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, sink() as receiver:
        with on_sqlite(Path(folder) / "sqlite") as scene:
            embedded = list(_measured(scene, receiver, extent))
        with on_postgresql(Path(folder) / "postgresql") as scene:
            server = list(_measured(scene, receiver, extent))
    rows = [
        f"| {ours.name} | {_shown(ours)} | {_shown(theirs)} |" for ours, theirs in zip(embedded, server, strict=True)
    ]
    sys.stdout.write(
        f"\n{machine.describe([f'SQLite {sqlite3.sqlite_version}'])}; load at the end {machine.load():.1f}\n\n"
        + "\n".join(["| webhooks | SQLite | PostgreSQL |", "|---|---|---|", *rows, ""])
    )


def _measured(scene: Scene, receiver: Sink, extent: Extent) -> Iterator[Figure]:
    for figures in (
        measures.wake(scene, receiver, extent.seconds),
        measures.throughput(scene, receiver, extent.backlog, extent.rounds),
        measures.fairness(scene, receiver, extent.seconds),
        measures.soak(scene, receiver, extent.soak),
        storm(scene, receiver, extent.kills),
    ):
        for figure in figures:
            sys.stdout.write(f"{scene.name}: {figure.name}: {_shown(figure)} (load {machine.load():.1f})\n")
            sys.stdout.flush()
            yield figure


def _shown(figure: Figure) -> str:
    return f"{figure.shown}{'' if figure.is_met else ' (missed)'}"
