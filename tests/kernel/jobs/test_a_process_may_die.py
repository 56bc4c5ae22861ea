"""A process that does jobs may be killed at any moment: another begins them anew, and never do two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from portal.kernel.jobs import JobState
from tests.kernel.jobs.bench import Bench
from tests.server.processes import PATIENCE_SECONDS, soon

LEASE_SECONDS = 1


@pytest.fixture
def processes(app: Flask) -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes that work on the test's own installation."""
    settings = app.extensions["portal.settings"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    environment = inherited | {
        "PORTAL_DATA": str(settings.data),
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_SECRET_KEY": settings.secret_key,
        "PORTAL_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "tests.kernel.jobs.process", str(LEASE_SECONDS)]
    started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _number in range(2)]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "working\n"
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate(timeout=PATIENCE_SECONDS)


def test_a_killed_process_s_job_is_begun_anew_by_another_and_never_twice_at_once(
    bench: Bench, processes: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    diary = tmp_path / "diary.txt"
    bench.offers("patient", lambda _job: None)
    asked = bench.asks("patient", diary=str(diary))

    soon(lambda: diary.exists() and diary.read_text().endswith("\n"))
    began = bench.job(asked).lease_until
    assert began is not None
    # Twice as long as it would be held without being renewed, beside a process that has nothing to do.
    soon(lambda: (bench.job(asked).lease_until or began) - began > timedelta(seconds=2 * LEASE_SECONDS))
    holder = int(diary.read_text())
    next(process for process in processes if process.pid == holder).send_signal(signal.SIGKILL)
    soon(lambda: len(diary.read_text().splitlines()) == 2)
    diary.with_suffix(".go").touch()
    job = bench.waits(asked)

    assert (job.state, job.attempts, job.result_octets) == (JobState.DONE, 2, 7)
    assert {int(line) for line in diary.read_text().splitlines()} == {process.pid for process in processes}
