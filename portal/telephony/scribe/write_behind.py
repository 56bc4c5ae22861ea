"""Writing without making the switch wait: jobs on a thread of their own, in order, until each has been done."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from portal.kernel.clock import monotonic
from portal.telephony.scribe.protocol import Backlog

log = structlog.get_logger(__name__)

Job: TypeAlias = Callable[[], None]

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 30.0


@dataclass(slots=True)
class _Lane:
    name: str
    jobs: deque[tuple[Job, Future[None]]] = field(default_factory=deque)
    pause: float = 0.0
    since: float = field(default_factory=monotonic)


class WriteBehind:
    """Jobs in lanes: those of one lane are done in their order, a lane that has a job left to try waits alone.

    A job that raises is tried again, after 0.2 s at first and 30 s at most, for as long as the process lives: what
    an engine has to say of a call is not lost to a locked or absent database.
    """

    def __init__(self, name: str, surroundings: Callable[[], AbstractContextManager[object]]) -> None:
        self._changed = threading.Condition()
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[_Lane] = deque()
        self._paused: list[tuple[float, int, _Lane]] = []
        self._pauses = 0
        self._ends_at: float | None = None
        self._is_over = False
        self._surroundings = surroundings
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins to work."""
        self._thread.start()

    def put(self, lane: str, job: Job) -> Future[None]:
        """A job for this lane, from any thread; the future is done with it, or cancelled where it never will be."""
        done: Future[None] = Future()
        with self._changed:
            if self._is_over:
                done.cancel()
                return done
            if lane not in self._lanes:
                self._lanes[lane] = _Lane(lane)
                self._ready.append(self._lanes[lane])
            self._lanes[lane].jobs.append((job, done))
            self._changed.notify()
        return done

    def backlog(self) -> Backlog:
        """How much waits, and for how long the lane has that has not been empty for longest."""
        with self._changed:
            began = min((lane.since for lane in self._lanes.values()), default=monotonic())
            return Backlog(sum(len(lane.jobs) for lane in self._lanes.values()), monotonic() - began)

    def stop(self, seconds: float) -> int:
        """Works off what is waiting, for so long at most; answers how many jobs could not be done."""
        with self._changed:
            self._ends_at = monotonic() + seconds
            self._resume(self._ends_at)
            self._changed.notify()
        self._thread.join(seconds)
        with self._changed:
            self._is_over = True
            left = [done for lane in self._lanes.values() for _job, done in lane.jobs]
        for done in left:
            done.cancel()
        return len(left)

    def _run(self) -> None:
        with self._surroundings():
            while (lane := self._next()) is not None:
                self._work(lane)

    def _next(self) -> _Lane | None:
        with self._changed:
            while True:
                self._resume(monotonic())
                if self._ends_at is not None and (not self._lanes or monotonic() >= self._ends_at):
                    return None
                if self._ready:
                    return self._ready.popleft()
                self._changed.wait(self._paused[0][0] - monotonic() if self._paused else None)

    def _resume(self, until: float) -> None:
        while self._paused and self._paused[0][0] <= until:
            self._ready.append(heapq.heappop(self._paused)[2])

    def _work(self, lane: _Lane) -> None:
        job, done = lane.jobs[0]
        try:
            job()
        except Exception as error:  # noqa: BLE001 - whatever it is, the job is kept and tried again
            lane.pause = min(2 * lane.pause or _FIRST_PAUSE, _LONGEST_PAUSE)
            log.warning("not_written", lane=lane.name, error=repr(error), again_in_seconds=lane.pause)
            self._finish(lane, pause=lane.pause)
        else:
            lane.pause = 0.0
            self._finish(lane, pause=None)
            # Cancelled meanwhile: nobody waits for it any more.
            with suppress(InvalidStateError):
                done.set_result(None)

    def _finish(self, lane: _Lane, *, pause: float | None) -> None:
        with self._changed:
            if pause is not None:
                self._pauses += 1
                heapq.heappush(self._paused, (monotonic() + pause, self._pauses, lane))
                return
            lane.jobs.popleft()
            if lane.jobs:
                self._ready.append(lane)
            else:
                del self._lanes[lane.name]
