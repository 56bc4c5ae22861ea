"""What each process runs, on an app that is there."""

from __future__ import annotations

from flask import Flask

from portal.calls.journal import Journal
from portal.recordings.sink import Sink
from portal.routing.callers import known_callers
from portal.routing.planner import Planner
from portal.server.tree import until_told
from portal.telephony.runner import EngineProcess
from portal.webhooks.sending.worker import Worker


def run_worker(app: Flask) -> None:
    """Sends webhooks until told to stop."""
    until_told(Worker(app).run)


def run_engine(app: Flask, *, traffic: bool = False) -> None:
    """Drives the switch until told to stop; `traffic` has the sandbox place calls by itself."""
    engine = EngineProcess(
        app,
        planner=Planner(app),
        journal=Journal(app),
        sink=Sink(app),
        traffic=traffic,
        known_callers=known_callers,
    )
    until_told(engine.run)
