"""Work that waits for Asterisk: in order within a lane, beside each other in different ones."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

import structlog

log = structlog.get_logger(__name__)


class Lanes:
    """Each call has a lane of its own, so that a slow answer holds up nobody else. A job says what went wrong."""

    def __init__(self, threads: int = 12) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[Callable[[], object]]] = {}
        self._ready: SimpleQueue[str | None] = SimpleQueue()
        self._is_over = False
        self._threads = [threading.Thread(target=self._run, name="ari", daemon=True) for _ in range(threads)]
        for each in self._threads:
            each.start()

    def put(self, lane: str, job: Callable[[], object]) -> None:
        """Do this after what the lane was given before. From any thread; never waits."""
        with self._lock:
            is_idle = lane not in self._waiting
            self._waiting.setdefault(lane, deque()).append(job)
        if is_idle:
            self._ready.put(lane)

    def stop(self) -> None:
        """What has not begun is given up."""
        self._is_over = True
        for _ in self._threads:
            self._ready.put(None)
        for each in self._threads:
            each.join()

    def _run(self) -> None:
        while (lane := self._ready.get()) is not None:
            if not self._is_over:
                self._work(lane)

    def _work(self, lane: str) -> None:
        while True:
            with self._lock:
                jobs = self._waiting[lane]
                if not jobs:
                    del self._waiting[lane]
                    return
                job = jobs.popleft()
            try:
                job()
            except Exception:
                log.exception("asterisk_job_failed", lane=lane)
