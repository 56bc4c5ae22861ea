"""`python -m tests.bench.book [--contacts N]`: the pages of an address book of so many contacts, on both databases.

Its first contacts come by an import, the others straight into the tables.

The pages' figures are of the whole request within one process; the import's are of its job.
"""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from sqlalchemy import text

from portal.app import create_app
from portal.demo.seed import settle
from portal.kernel.config import load_settings
from portal.kernel.db import db
from portal.kernel.readiness import upgrade_database
from tests.bench import machine
from tests.bench.book import importing
from tests.bench.log import timing
from tests.bench.sites import durable_postgresql
from tests.people import PASSWORD

QUESTIONS = {
    "first page": "",
    "a common family name": "q=иванов",
    "part of a company": "q=компания 777",
    "part of a number": "q=100 599",
    "two letters": "q=юл",
    "one contact": "q=7 910 059 99 97",
    "nobody": "q=щщщщ",
}


def main() -> None:
    """Prints p50 and p95 of each question in milliseconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.book")
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--visits", type=int, default=20)
    asked = parser.parse_args()
    sys.stdout.write(f"{machine.describe([])}; {asked.contacts:,} contacts\n")
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        _measure("SQLite", "", Path(folder), asked)
        with durable_postgresql() as server:
            _measure("PostgreSQL", server.address.create_database("book"), Path(folder) / "postgresql", asked)
    sys.stdout.write(f"load at the end {machine.load():.1f}\n")


def _measure(name: str, url: str, folder: Path, asked: argparse.Namespace) -> None:
    settings = {"PORTAL_LOG_LEVEL": "error", "PORTAL_DATABASE_URL": url, "PORTAL_SECRET_KEY": secrets.token_hex(32)}
    app = create_app(load_settings(settings, data=folder), "command")
    upgrade_database(app)
    settle(app, PASSWORD, 0)
    _say(f"{name}, import: {importing.fill(app, 1, asked.contacts)}")
    if url:
        with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # What the server does by itself a minute after.
            connection.execute(text("analyze"))
    client = timing.visitor(app)
    for question, (low, high) in timing.time_pages(client, QUESTIONS, asked.visits, "/contacts").items():
        _say(f"{name}, {question:25} {low:8.1f} {high:8.1f} ms")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


main()
