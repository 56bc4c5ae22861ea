"""`python -m tests.bench.log --calls N`: fills a demo and times the log's page in one process, then its peers' lists.

`--postgresql` does it on a server of its own. The peers want what `make bench` installs.
"""

import argparse
import json
import statistics
import subprocess
import sys
from contextlib import AbstractContextManager

from flask import Flask

import portal.app  # noqa: F401 -- before any room: their tables point at one another
from portal.server.garbage import look_seldom
from tests.bench import machine
from tests.bench.log import choices, timing, writing
from tests.bench.log.installations import Installation, embedded, on_postgresql
from tests.bench.log.questions import QUESTIONS

PEERS = {"Django admin": "django_admin", "Flask-Admin": "flask_admin_list"}
ASKED_OF_PEERS = {
    "first page": "0 % deep", "deep page": "50 % deep", "missed": "missed", "missed, deep": "missed",
    "4 digits": "4 digits",
}  # fmt: skip
"""By the peers' question, what our page is asked."""


def main() -> None:
    """Prints p50 and p95 of each question, in milliseconds of the whole request."""
    asked = _asked()
    look_seldom()  # As the web server does.
    _say(machine.describe([]))
    with _installation(asked, asked.calls) as large:
        ours = _measure(large, asked.visits)
        if asked.beside:
            with _installation(asked, asked.beside, is_new=True) as small:
                _say(f"with {small.calls} calls:")
                _set_beside(ours, _measure(small, asked.visits))
        if asked.peer_visits:
            _compare(large, asked.peer_visits, ours)
    _say(f"load at the end {machine.load():.1f}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.log")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--visits", type=int, default=20)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--folder", help="keeps the calls there, or finds them there from another time")
    parser.add_argument("--url", help="likewise in this database of PostgreSQL, sealed by PORTAL_SECRET_KEY")
    parser.add_argument("--beside", type=int, default=0, help="asks an installation of so many calls the same")
    parser.add_argument(
        "--peer-visits", type=int, default=2, help="0 leaves them out; each of ten million takes minutes"
    )
    return parser.parse_args()


def _installation(
    asked: argparse.Namespace, calls: int, *, is_new: bool = False
) -> AbstractContextManager[Installation]:
    if asked.postgresql or asked.url:
        return on_postgresql(calls, None if is_new else asked.url, _say)
    return embedded(calls, None if is_new else asked.folder, _say)


def _measure(site: Installation, visits: int) -> dict[str, float]:
    """The p50 of each question."""
    found = _log(site.app, site.calls, visits)
    _say(f"{'writing a call':50} {'':8} {writing.milliseconds(site.app):8.1f} ms (p95)")
    return found


def _log(app: Flask, calls: int, visits: int) -> dict[str, float]:
    client = timing.visitor(app)
    single = choices.filters(app)
    found: dict[str, float] = {}
    for queries, times in (
        (choices.depths(app, calls), visits),
        (single, visits),
        (choices.searches(app), visits),
        (choices.pairs(single), max(visits // 10, 2)),
    ):
        for name, (low, high) in timing.time_pages(client, queries, times).items():
            _say(f"{name:50} {low:8.1f} {high:8.1f} ms")
            found[name] = low
    return found


def _set_beside(ours: dict[str, float], few: dict[str, float]) -> None:
    times = {name: ours[name] / few[name] for name in ours}
    slower = {name: each for name, each in times.items() if each > 1.5}
    _say(f"of {len(times)} questions the middle one takes {statistics.median(times.values()):.2f} times as long")
    for name, each in sorted(slower.items(), key=lambda pair: -pair[1]):
        _say(f"{name:50} {each:8.2f} times")


def _compare(site: Installation, visits: int, ours: dict[str, float]) -> None:
    assert ASKED_OF_PEERS.keys() == QUESTIONS
    for name, program in PEERS.items():
        module, told = f"tests.bench.log.peers.{program}", (site.url, str(site.calls), str(visits))
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", module, *told], stdout=subprocess.PIPE, text=True, check=True
        )
        for question, took in json.loads(ran.stdout).items():
            _say(f"{name}, {question:40} {took:10.0f} ms, {took / ours[ASKED_OF_PEERS[question]]:8.0f} times ours")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
