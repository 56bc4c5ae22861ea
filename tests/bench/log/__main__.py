"""`python -m tests.bench.log --calls N`: fills a folder's demo on SQLite and times the log's page in one process."""

import argparse
import sys
import tempfile
from pathlib import Path

from portal.app import create_app
from portal.demo.fill import fill_account
from portal.demo.seed import settle
from portal.kernel.config import load_settings
from portal.kernel.readiness import upgrade_database
from tests.bench.log import choices, timing
from tests.bench.machine import load
from tests.people import PASSWORD


def main() -> None:
    """Prints p50 and p95 of each question, in milliseconds of the whole request."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.log")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--visits", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        app = create_app(load_settings({"PORTAL_LOG_LEVEL": "warning"}, data=Path(folder)), "command")
        upgrade_database(app)
        settle(app, PASSWORD, 400)
        fill_account(app, 1, asked.calls, say=_say)
        client = timing.visitor(app)
        single = choices.filters(app)
        for queries, visits in (
            (choices.depths(app, asked.calls), asked.visits),
            (single, asked.visits),
            (choices.searches(app), asked.visits),
            (choices.pairs(single), max(asked.visits // 10, 2)),
        ):
            for name, (low, high) in timing.time_pages(client, queries, visits).items():
                _say(f"{name:50} {low:8.1f} {high:8.1f} ms")
        _say(f"load at the end {load():.1f}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


main()
