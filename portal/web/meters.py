"""How many requests there were and how long they took, over all processes of one web server.

The numbers lie in memory that is shared before the server forks: each process writes into a part of its own, so that
no increment is lost and none waits, and whoever is asked adds up all parts. A process that ends leaves its part behind
with its numbers: counters never go back while the server runs.
"""

from __future__ import annotations

import array
import mmap
import multiprocessing
import os
import struct
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; the upper ends of a histogram's buckets."""
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_OCTETS = 8
_PARTS = 64
"""Processes that may count at a time; whoever comes later takes over, with its numbers, the part of one long gone."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Requests of one room: how many took at most each of `BOUNDS`, how many in all, how long together."""

    name: str
    buckets: Sequence[int]
    count: int
    seconds: float
    classes: Sequence[int]
    """By the first figure of the status, as `CLASSES`."""


class RequestMeter:
    """Counts requests by room; `names` are known before anything is counted."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._places = {name: place for place, name in enumerate(self._names)}
        self._width = len(BOUNDS) + 2 + len(CLASSES)
        self._size = self._width * len(self._names)
        self._memory = mmap.mmap(-1, _OCTETS * (1 + _PARTS * max(1, self._size)))
        self._lock = threading.Lock()
        self._claims = multiprocessing.Lock()
        self._part: tuple[int, int] | None = None

    def count(self, name: str, seconds: float, status: int) -> None:
        """One request. A room that was not named counts nowhere."""
        place = self._places.get(name)
        if place is None:
            return
        with self._lock:
            start = self._own_part() + place * self._width
            self._add(start + bisect_left(BOUNDS, seconds), 1)
            self._add(start + len(BOUNDS) + 1, seconds)
            self._add(start + len(BOUNDS) + 1 + max(1, min(5, status // 100)), 1)

    def histograms(self) -> Iterator[Histogram]:
        """Of every room that was asked for something, over all processes."""
        with self._lock:
            numbers = array.array("d", self._memory[_OCTETS:])
        for place, name in enumerate(self._names):
            parts = [
                numbers[part * self._size + place * self._width : part * self._size + (place + 1) * self._width]
                for part in range(_PARTS)
            ]
            sums = [sum(column) for column in zip(*parts, strict=True)]
            counted = [int(value) for value in sums[: len(BOUNDS) + 1]]
            if any(counted):
                rising = [sum(counted[: upto + 1]) for upto in range(len(BOUNDS))]
                classes = [int(value) for value in sums[len(BOUNDS) + 2 :]]
                yield Histogram(name, rising, sum(counted), sums[len(BOUNDS) + 1], classes)

    def _own_part(self) -> int:
        """Where this process counts: a forked child takes a part of its own at its first request."""
        pid = os.getpid()
        if self._part is None or self._part[0] != pid:
            with self._claims:
                (taken,) = struct.unpack_from("q", self._memory, 0)
                struct.pack_into("q", self._memory, 0, taken + 1)
            self._part = (pid, taken % _PARTS * self._size)
        return self._part[1]

    def _add(self, index: int, value: float) -> None:
        at = _OCTETS * (1 + index)
        (before,) = struct.unpack_from("d", self._memory, at)
        struct.pack_into("d", self._memory, at, before + value)
