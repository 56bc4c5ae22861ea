"""What is asked of Asterisk beside what happens: in order within a lane, beside each other in different ones."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

import structlog

from portal.telephony.engines.asterisk.ari import Ari, AriAside, AriAway, AriRefused, Errand
from portal.telephony.engines.timeline import RealTimeline

log = structlog.get_logger(__name__)

_LOOKS_EACH = timedelta(seconds=1)
_LAST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so long before you go on."""

    seconds: float


Job: TypeAlias = Generator[Errand | Pause, Any, Any]
"""Yields what is to be asked, and is given the answer, `AriRefused` or `AriAway`. It says itself what went wrong."""


def carry_out(ari: Ari, job: Job) -> Any:
    """Does a job in a thread that may wait. Raises what the job does not keep to itself."""
    resume: Callable[[], Errand | Pause] = partial(next, job)
    while True:
        try:
            wanted = resume()
        except StopIteration as over:
            return over.value
        if isinstance(wanted, Pause):
            threading.Event().wait(wanted.seconds)
            resume = partial(next, job)
            continue
        try:
            resume = partial(job.send, ari.ask(wanted))
        except (AriRefused, AriAway) as trouble:
            resume = partial(job.throw, trouble)


class Lanes:
    """Each call has a lane of its own, so that a slow answer holds up nobody else. In the timeline's thread."""

    def __init__(self, ari: AriAside, timeline: RealTimeline) -> None:
        self._ari = ari
        self._timeline = timeline
        self._lanes: dict[str, deque[Job]] = {}
        """Of each lane that is at work, what waits."""
        self._is_over = False
        self._is_empty = threading.Event()
        self._is_looking = False

    def put(self, lane: str, job: Job) -> None:
        """Do this after what the lane was given before; never waits."""
        if self._is_over:
            return
        if lane in self._lanes:
            self._lanes[lane].append(job)
            return
        self._lanes[lane] = deque()
        self._look_soon()
        self._go_on(lane, job, partial(next, job))

    def stop(self) -> None:
        """What has not begun is given up, the rest is ended. From another thread, before the timeline is stopped."""
        self._timeline.post(self._give_up)
        self._is_empty.wait(_LAST_SECONDS)

    def _give_up(self) -> None:
        self._is_over = True
        for waiting in self._lanes.values():
            waiting.clear()
        if not self._lanes:
            self._is_empty.set()

    def _go_on(self, lane: str, job: Job, resume: Callable[[], Errand | Pause]) -> None:
        try:
            wanted = resume()
        except StopIteration:
            self._next(lane)
        except Exception:
            log.exception("asterisk_job_failed", lane=lane)
            self._next(lane)
        else:
            self._do(lane, job, wanted)

    def _do(self, lane: str, job: Job, wanted: Errand | Pause) -> None:
        if isinstance(wanted, Pause):
            until = self._timeline.now() + timedelta(seconds=wanted.seconds)
            self._timeline.call_at(until, lambda: self._go_on(lane, job, partial(next, job)))
            return

        def told(answer: Any) -> None:
            is_trouble = isinstance(answer, AriRefused | AriAway)
            self._go_on(lane, job, partial(job.throw if is_trouble else job.send, answer))

        self._ari.ask(wanted, told)

    def _next(self, lane: str) -> None:
        if self._lanes[lane]:
            job = self._lanes[lane].popleft()
            self._go_on(lane, job, partial(next, job))
            return
        del self._lanes[lane]
        if self._is_over and not self._lanes:
            self._is_empty.set()

    def _look_soon(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self._timeline.call_at(self._timeline.now() + _LOOKS_EACH, self._look)

    def _look(self) -> None:
        self._is_looking = False
        self._ari.give_up_late()
        if self._lanes:
            self._look_soon()
