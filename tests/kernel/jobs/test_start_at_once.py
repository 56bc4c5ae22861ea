"""Processes that start at the same moment on a new database all get its queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from portal.kernel.config import load_settings
from portal.kernel.jobs.queue import Queue

TOGETHER = 6


def test_many_that_start_at_once_make_one_queue(new_database: Callable[[], str], tmp_path: Path) -> None:
    told = {"PORTAL_DATABASE_URL": new_database(), "PORTAL_SECRET_KEY": "0123456789abcdef" * 4}
    settings = load_settings(told, data=tmp_path)
    starts = threading.Barrier(TOGETHER)

    def start() -> bool:
        starts.wait()
        queue = Queue(settings)
        queue.close()
        return True

    with ThreadPoolExecutor(TOGETHER) as threads:
        begun = [threads.submit(start) for _ in range(TOGETHER)]

    assert all(each.result() for each in begun)
