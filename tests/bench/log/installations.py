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

from portal.app import create_app
from portal.demo.fill import fill_account
from portal.demo.seed import is_settled, settle
from portal.kernel.config import load_settings
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
        fill_account(app, 1, calls, say=say)
    return Installation(app, url, calls)
