"""Periodic works: one runner of the installation does each, when its time has come."""

from __future__ import annotations

import threading
from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.jobs import Periodic, periodic
from portal.kernel.jobs.models import PeriodicRun
from tests.kernel.jobs.bench import PATIENCE_SECONDS, Bench
from tests.server.processes import soon

HOURLY = timedelta(hours=1)


def test_of_two_runners_one_does_a_work_that_is_due(bench: Bench) -> None:
    done, is_done = [], threading.Event()

    def work(_app: Flask) -> None:
        done.append(1)
        is_done.set()

    bench.app.extensions["portal.jobs"].periodic["count"] = Periodic("count", lambda: "Count", HOURLY, work)
    with bench.runs(), bench.runs():
        assert is_done.wait(PATIENCE_SECONDS)
        soon(lambda: _row(bench.app, "count").finished_at)
    del bench.app.extensions["portal.jobs"].periodic["count"]

    assert done == [1]
    assert _row(bench.app, "count").due_at > now() + timedelta(minutes=59)


def test_a_work_is_held_by_one_until_its_lease_runs_out(app: Flask) -> None:
    work = Periodic("count", lambda: "Count", HOURLY, lambda _app: None)
    with app.app_context():
        held = periodic.claim(work)
        assert held is not None
        assert periodic.claim(work) is None
        assert periodic.due_works([work]) == []

        with transaction():
            db.session.execute(update(PeriodicRun).values(lease_until=now() - timedelta(seconds=1)))
        assert periodic.due_works([work]) == ["count"]
        later = periodic.claim(work)
        assert later is not None

        periodic.finish(work, held)
        assert _row(app, "count").finished_at is None, "whoever lost it says nothing"
        periodic.finish(work, later)
        assert periodic.due_works([work]) == []


def _row(app: Flask, name: str) -> PeriodicRun:
    with app.app_context(), transaction(writes=False):
        return db.session.scalars(select(PeriodicRun).where(PeriodicRun.name == name)).one()
