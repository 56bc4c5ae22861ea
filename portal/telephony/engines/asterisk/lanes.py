"""Work that waits for Asterisk: in order within a lane, beside each other in different ones."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

log = structlog.get_logger(__name__)


class Lanes:
    """Each call has a lane of its own, so that a slow answer holds up nobody else. A job says what went wrong."""

    def __init__(self, threads: int = 12) -> None:
        self._threads = ThreadPoolExecutor(threads, "ari")
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[Callable[[], object]]] = {}

    def put(self, lane: str, job: Callable[[], object]) -> None:
        """Do this after what the lane was given before. From any thread; never waits."""
        with self._lock:
            is_idle = lane not in self._waiting
            self._waiting.setdefault(lane, deque()).append(job)
        if is_idle:
            self._threads.submit(self._work, lane)

    def stop(self) -> None:
        """What has not begun is given up."""
        self._threads.shutdown(wait=True, cancel_futures=True)

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
