"""`portal worker`: webhooks and background jobs, each in a process of its own: no export keeps a notice waiting."""

from __future__ import annotations

from portal.app import create_app
from portal.kernel.config import Settings
from portal.server.parts import run_jobs, run_worker
from portal.server.tree import ProcessTree


def run_both(settings: Settings) -> None:
    """Runs both until told to stop; one that dies is started again."""
    tree = ProcessTree(
        {
            "webhooks": lambda: run_worker(create_app(settings, "worker")),
            "jobs": lambda: run_jobs(create_app(settings, "jobs")),
        }
    )
    tree.start()
    tree.watch()
