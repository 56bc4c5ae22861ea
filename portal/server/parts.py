"""What each process runs, on an app that is there."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable

from flask import Flask

from portal.calls.journal import Journal
from portal.connectors.telling.carrier import CrmCarrier
from portal.kernel.config import Settings
from portal.kernel.db import db
from portal.kernel.jobs.runner import JobRunner
from portal.kernel.lives import Heart
from portal.kernel.mail.carrier import MailCarrier
from portal.recordings.sink import Sink
from portal.routing.callers import known_callers
from portal.routing.planner import Planner
from portal.routing.turns import Turns
from portal.server.garbage import look_seldom
from portal.server.tree import until_told
from portal.telephony.runner import EngineProcess
from portal.telephony.scribe.process import ScribeProcess
from portal.webhooks.sending.worker import Worker

_POLITE = 5
_URGENT = -5


def run_worker(app: Flask) -> None:
    """Sends webhooks and mail, and tells CRMs of calls, until told to stop."""
    # One thread claims and notes for all that send: it must not stand behind each of them for Python's usual 5 ms.
    sys.setswitchinterval(0.0005)
    mail, crm = MailCarrier(app), CrmCarrier(app)

    def work(stop: threading.Event) -> None:
        carriers = [
            threading.Thread(target=each.run, args=(stop,), name=name, daemon=True)
            for name, each in (("mail", mail), ("crm", crm))
        ]
        for carrier in carriers:
            carrier.start()
        Worker(app).run(stop)
        for carrier in carriers:
            carrier.join()

    _alive(app, "worker", work)


def run_jobs(app: Flask) -> None:
    """Does background jobs until told to stop. A process of its own, and a polite one: pages go first."""
    os.nice(_POLITE)
    _alive(app, "jobs", JobRunner(app).run)


def run_engine(app: Flask, *, traffic: bool = False) -> None:
    """Drives the switch until told to stop; `traffic` has the sandbox place calls by itself."""
    # Who decides about a caller must not stand behind who writes for Python's usual 5 ms at each step.
    sys.setswitchinterval(0.0005)
    settings: Settings = app.extensions["portal.settings"]
    journal, sink = Journal(app), Sink(app)
    scribe = None
    if settings.engine != "provider":
        scribe = _scribe(app, journal, sink)
        _go_first()
    engine = EngineProcess(
        app,
        planner=Planner(app),
        journal=journal,
        sink=sink,
        traffic=traffic,
        known_callers=known_callers,
        scribe=scribe,
    )
    _alive(app, "engine", engine.run, f"{settings.engine} · {settings.switch}")
    turns: Turns = app.extensions["portal.turns"]
    turns.write()


def _scribe(app: Flask, journal: Journal, sink: Sink) -> ScribeProcess:
    """Who writes for a switch; a provider's calls wait for nobody's decision."""
    with app.app_context():
        # A connection serves one process.
        db.engine.dispose()
    look_seldom()
    return ScribeProcess.fork(app, journal, sink)


def _go_first() -> None:
    """A caller waits for each step of a switch's engine: it goes before pages and writers, where the system allows."""
    with contextlib.suppress(PermissionError):
        os.nice(_URGENT)


def _alive(app: Flask, kind: str, work: Callable[[threading.Event], None], detail: str = "") -> None:
    """Works until told to stop, and says meanwhile that it lives."""
    look_seldom()
    heart = Heart(app, kind, detail)
    heart.start()
    try:
        until_told(work)
    finally:
        heart.stop()
