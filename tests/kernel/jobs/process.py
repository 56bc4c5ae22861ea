"""A process that does background jobs on the installation of its settings, with one kind more: `patient`.

It writes its number into the file that the job names, and ends when a file of that name and `.go` is there.
"""

import os
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from portal.app import create_app
from portal.kernel.config import load_settings
from portal.kernel.jobs import JobKind, RunningJob
from portal.kernel.jobs.runner import JobRunner
from portal.server.tree import until_told


def wait(job: RunningJob) -> None:
    """Begun, seen to be so, and not over before it is told."""
    diary = Path(job.arguments["diary"])
    with diary.open("a") as file:
        file.write(f"{os.getpid()}\n")
    while not diary.with_suffix(".go").exists():
        job.progress(1, 2)
        time.sleep(0.02)
    with job.result("end.txt", "text/plain") as result:
        result.write(b"the end")


def main() -> None:
    app = create_app(load_settings(), "jobs")
    app.extensions["portal.jobs"].add(JobKind("patient", lambda: "patient", wait, needs="see-calls"))
    runner = JobRunner(app, lease=timedelta(seconds=float(sys.argv[1])))

    def run(stop: threading.Event) -> None:
        print("working", flush=True)  # noqa: T201 -- what the test waits for
        runner.run(stop)

    until_told(run)


if __name__ == "__main__":
    main()
