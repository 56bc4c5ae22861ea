"""Installations with so many calls: made for the run, or found where they are from another time."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
from tests.bench.sites import durable_postgresql
from tests.people import PASSWORD

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Installation:
    """An app of a filled database."""

    app: Flask
    url: str
    calls: int


@contextmanager
def embedded(calls: int, folder: str | None, say: Say) -> Iterator[Installation]:
    """In this folder, which is kept, or in one that goes with the run."""
    with ExitStack() as stack:
        place = folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-"))
        yield _filled({}, Path(place), f"sqlite:///{place}/portal.db", calls, say)


@contextmanager
def on_postgresql(calls: int, url: str | None, say: Say) -> Iterator[Installation]:
    """At this address, sealed by PORTAL_SECRET_KEY, or on a server that goes with the run."""
    with ExitStack() as stack:
        key = os.environ["PORTAL_SECRET_KEY"] if url else secrets.token_hex(32)
        at = url or stack.enter_context(durable_postgresql()).address.create_database("bench")
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-"))
        yield _filled({"PORTAL_DATABASE_URL": at, "PORTAL_SECRET_KEY": key}, Path(place), at, calls, say)


def _filled(told: dict[str, str], folder: Path, url: str, calls: int, say: Say) -> Installation:
    app = create_app(load_settings({"PORTAL_LOG_LEVEL": "warning", **told}, data=folder), "command")
    upgrade_database(app)
    if not is_settled(app):
        settle(app, PASSWORD, 400)
        _fill(app, calls, say)
    return Installation(app, url, calls)


def _fill(app: Flask, calls: int, say: Say) -> None:
    if app.extensions["portal.settings"].is_embedded:
        fill_account(app, 1, calls, say=say)
        return
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # An index of trigrams that is made at the end takes a tenth of the time of one that is kept all along.
        for index in INDEXES:
            connection.execute(text(f"drop index {index}"))
        fill_account(app, 1, calls, say=say)
        for making in INDEXES.values():
            connection.execute(text(making))
        # What the server does by itself a minute after.
        connection.execute(text("vacuum analyze"))
