"""`python -m tests.bench.log --calls N`: fills a demo and times the log's page in one process, then its peers' lists.

With `--beside` each page is asked of both installations, one right after the other: a busy moment of the machine meets
both. `--postgresql` does it on a server of its own. The peers want what `make bench` installs.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack

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
_NAME = 40
"""Characters of the longest name of a question."""
_WANTED = 1.5
"""Times as long as of the small installation, at most."""


def main() -> None:
    """Prints p50 and p95 of each question, in milliseconds of the whole request."""
    asked = _asked()
    look_seldom()  # As the web server does.
    _say(machine.describe([]))
    with ExitStack() as stack:
        sites = [stack.enter_context(_installation(asked, asked.calls))]
        if asked.beside:
            sites.append(stack.enter_context(_installation(asked, asked.beside, is_new=True)))
        ours = _pages(sites, asked)
        if not asked.only:
            for site in sites:
                _say(f"writing a call, of {site.calls:,} calls, p95: {writing.milliseconds(site.app):.1f} ms")
            if asked.peer_visits:
                _compare(sites[0], asked.peer_visits, ours)
    _say(f"load at the end {machine.load():.1f}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.log")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--visits", type=int, default=20)
    parser.add_argument("--only", default="", help="asks the pages alone whose names have this regular expression")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--folder", help="keeps the calls there, or finds them there from another time")
    parser.add_argument("--url", help="likewise in this database of PostgreSQL, sealed by PORTAL_SECRET_KEY")
    parser.add_argument("--beside", type=int, default=0, help="asks one of so many calls the same, in turns")
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


def _pages(sites: Sequence[Installation], asked: argparse.Namespace) -> dict[str, float]:
    """Prints a line for each question; answers its p50 of the first installation."""
    questions = [
        {name: query for name, query in choices.every(site.app, site.calls).items() if re.search(asked.only, name)}
        for site in sites
    ]
    clients = [timing.visitor(site.app) for site in sites]
    took = timing.time_in_turns(list(zip(clients, questions, strict=True)), asked.visits)
    _say(" " * _NAME + "".join(f"{f'{site.calls:,}':>18}" for site in sites) + f"{'times':>8}" * (len(sites) > 1))
    times = {name: each[0][0] / each[-1][0] for name, each in took.items()}
    for name, each in took.items():
        shown = "".join(f"{low:9.1f}{high:9.1f}" for low, high in each)
        _say(f"{name:{_NAME}}{shown}" + f"{times[name]:8.2f}" * (len(sites) > 1))
    if len(sites) > 1:
        _say(f"of {len(times)} questions the middle one takes {statistics.median(times.values()):.2f} times as long")
        over = sorted((time, name) for name, time in times.items() if time > _WANTED)
        _say(f"over {_WANTED} times: {', '.join(f'{name} {time:.2f}' for time, name in reversed(over)) or 'none'}")
    return {name: each[0][0] for name, each in took.items()}


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
