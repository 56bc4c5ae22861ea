"""`python -m tests.bench.log --calls N`: fills a demo and times the log's page in one process, then its peers' lists.

`--postgresql` does it on a server of its own. The peers want what `make bench` installs.
"""

import argparse
import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from portal.app import create_app
from portal.calls.log.textindex import INDEXES
from portal.demo.fill import fill_account
from portal.demo.seed import is_settled, settle
from portal.kernel.config import load_settings
from portal.kernel.db import db
from portal.kernel.readiness import upgrade_database
from portal.server.garbage import look_seldom
from tests.bench import machine
from tests.bench.log import choices, timing, writing
from tests.bench.log.questions import QUESTIONS
from tests.bench.sites import durable_postgresql
from tests.people import PASSWORD

PEERS = {"Django admin": "django_admin", "Flask-Admin": "flask_admin_list"}


def main() -> None:
    """Prints p50 and p95 of each question, in milliseconds of the whole request."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.log")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--visits", type=int, default=20)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--folder", help="keeps the calls there, or finds them there from another time")
    asked = parser.parse_args()
    with _folder(asked.folder) as folder, _database(asked) as url:
        told = {"PORTAL_LOG_LEVEL": "warning", "PORTAL_DATABASE_URL": url}
        # On a server the key comes by setting; embedded it stays with what it has sealed.
        told |= {"PORTAL_SECRET_KEY": secrets.token_hex(32)} if url else {}
        app = create_app(load_settings(told, data=Path(folder)), "command")
        _fill(app, asked.calls)
        _say(machine.describe([]))
        ours = _log(app, asked.calls, asked.visits)
        _say(f"{'writing a call':50} {'':8} {writing.milliseconds(app):8.1f} ms (p95)")
        _compare(url or f"sqlite:///{folder}/portal.db", asked.calls, ours)
        _say(f"load at the end {machine.load():.1f}")


def _folder(kept: str | None) -> AbstractContextManager[str]:
    return nullcontext(kept) if kept else tempfile.TemporaryDirectory(prefix="portal-bench-")


def _fill(app: Flask, calls: int) -> None:
    upgrade_database(app)
    if is_settled(app):
        return
    settle(app, PASSWORD, 400)
    if app.extensions["portal.settings"].is_embedded:
        fill_account(app, 1, calls, say=_say)
        return
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # An index of trigrams that is made at the end takes a tenth of the time of one that is kept all along.
        for index in INDEXES:
            connection.execute(text(f"drop index {index}"))
        fill_account(app, 1, calls, say=_say)
        for making in INDEXES.values():
            connection.execute(text(making))
        # What the server does by itself a minute after.
        connection.execute(text("vacuum analyze"))


@contextmanager
def _database(asked: argparse.Namespace) -> Iterator[str]:
    if not asked.postgresql:
        yield ""
        return
    with durable_postgresql() as server:
        yield server.address.create_database("bench")


def _log(app: Flask, calls: int, visits: int) -> dict[str, float]:
    """The p50 of what the peers are asked too."""
    look_seldom()  # As the web server does.
    client = timing.visitor(app)
    single = choices.filters(app)
    found: dict[str, timing.Quantiles] = {}
    for queries, times in (
        (choices.depths(app, calls), visits),
        (single, visits),
        (choices.searches(app), visits),
        (choices.pairs(single), max(visits // 10, 2)),
    ):
        for name, (low, high) in timing.time_pages(client, queries, times).items():
            _say(f"{name:50} {low:8.1f} {high:8.1f} ms")
            found[name] = low, high
    names = {
        "first page": "0 % deep", "deep page": "50 % deep", "missed": "missed", "missed, deep": "missed",
        "4 digits": "4 digits",
    }  # fmt: skip
    assert names.keys() == QUESTIONS
    return {question: found[name][0] for question, name in names.items()}


def _compare(url: str, calls: int, ours: dict[str, float]) -> None:
    for name, program in PEERS.items():
        command = [sys.executable, "-W", "ignore", "-m", f"tests.bench.log.peers.{program}", url, str(calls), "2"]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        for question, (low, _high) in json.loads(ran.stdout).items():
            _say(f"{name}, {question:40} {low:10.0f} ms, {low / ours[question]:8.0f} times ours")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


main()
