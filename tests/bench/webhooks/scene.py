"""An installation with accounts and webhooks, calls that end in it, and its worker as a process of its own."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from flask import Flask
from sqlalchemy import event, func, select

from portal.accounts.services import open_account
from portal.app import create_app
from portal.calls.events import CallFinished
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.config import load_settings
from portal.kernel.db import GuardedSession, db, transaction
from portal.kernel.events import publish
from portal.kernel.readiness import upgrade_database
from portal.webhooks.models import DeliveryState, EventType, WebhookDelivery, WebhookEvent, WebhookSubscription
from portal.webhooks.services import add_webhook
from portal.webhooks.urls import SendableUrl
from tests.support.postgres import PostgresServer

# The sending part of `portal worker` alone, in one process that can be measured.
WORKER = """
from portal.app import create_app
from portal.kernel.config import load_settings
from portal.server.parts import run_worker

run_worker(create_app(load_settings(), "worker"))
"""

# Workers that are there at once: to start each anew takes seconds, in which nothing is sent that it could die of.
NURSERY = """
import os
import signal
import sys

from portal.app import create_app
from portal.kernel.config import load_settings
from portal.kernel.db import db
from portal.server.parts import run_worker

app = create_app(load_settings(), "worker")
with app.app_context():
    db.engine.dispose()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in sys.stdin:
    child = os.fork()
    if not child:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(0)
        run_worker(app)
        os._exit(0)
    print(child, flush=True)
"""


class Nursery:
    """Makes workers that are to be killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def bear(self) -> int:
        """A new worker, which runs: its process id."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    @staticmethod
    def check(workers: Sequence[int]) -> None:
        """Raises RuntimeError where one of them is no more, which nobody has killed."""
        if gone := [worker for worker in workers if not Path(f"/proc/{worker}").exists()]:
            raise RuntimeError(f"workers have died by themselves: {gone}")

    @staticmethod
    def kill(worker: int) -> None:
        """At once; returns when it is no more."""
        os.kill(worker, signal.SIGKILL)
        while Path(f"/proc/{worker}").exists():
            time.sleep(0.001)


class Scene:
    """One installation."""

    def __init__(self, name: str, data: Path, database_url: str) -> None:
        self.name = name
        self.environment = {
            "PORTAL_DATA": str(data),
            "PORTAL_DATABASE_URL": database_url,
            "PORTAL_SECRET_KEY": secrets.token_hex(32),
            "PORTAL_WEBHOOK_ALLOW": "127.0.0.0/8",
            "PORTAL_LOG_LEVEL": "warning",
        }
        self.app: Flask = create_app(load_settings(self.environment), "engine")
        upgrade_database(self.app)
        self._committed_at = 0.0
        self._worker: subprocess.Popen[bytes] | None = None
        event.listen(GuardedSession, "after_commit", self._note_commit, insert=True)

    def _note_commit(self, _session: object) -> None:
        self._committed_at = time.monotonic()

    def account(self, name: str) -> int:
        with self.app.app_context():
            return open_account(self.app.extensions["portal.vault"], name)

    def listens(self, account_id: int, url: str) -> None:
        with self.app.app_context(), transaction(account_id):
            add_webhook(SendableUrl(url, url), EventType.CALL_FINISHED)

    def ends(self, account_id: int, api_call_ids: Sequence[str]) -> float:
        """Calls end in one transaction; answers when it was committed, on the monotonic clock."""
        with self.app.app_context(), transaction(account_id):
            calls = [_call(api_call_id) for api_call_id in api_call_ids]
            db.session.add_all(calls)
            db.session.flush()
            for call in calls:
                publish(CallFinished(call))
        return self._committed_at

    def delivered(self) -> int:
        """How many deliveries are noted as done."""
        with self.app.app_context(), transaction(everything="bench", writes=False):
            query = select(func.count()).where(WebhookDelivery.state == DeliveryState.DELIVERED)
            return db.session.scalar(query) or 0

    def wait_until_delivered(self, count: int, seconds: float) -> None:
        """Until so many are noted. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while self.delivered() < count:
            self.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.delivered()} of {count} deliveries were noted in {seconds} s")
            time.sleep(0.05)

    def is_delivered(self, account_id: int, count: int, seconds: float) -> bool:
        """Whether so many of one account are noted within so long."""
        deadline = time.monotonic() + seconds
        query = select(func.count()).where(WebhookDelivery.state == DeliveryState.DELIVERED)
        while time.monotonic() < deadline:
            self.check()
            with self.app.app_context(), transaction(account_id, writes=False):
                if (db.session.scalar(query) or 0) >= count:
                    return True
            time.sleep(0.1)
        return False

    def noted(self, account_id: int) -> list[tuple[str, str, float | None]]:
        """The account's deliveries: path of the URL, call, and when success was noted, in UNIX seconds."""
        query = (
            select(
                WebhookSubscription.url, WebhookEvent.api_call_id, WebhookDelivery.state, WebhookDelivery.finished_at
            )
            .join(WebhookDelivery, WebhookDelivery.subscription_id == WebhookSubscription.id)
            .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        )
        with self.app.app_context(), transaction(account_id, writes=False):
            rows = db.session.execute(query).all()
        return [
            (urlsplit(url).path, call, at.timestamp() if state == DeliveryState.DELIVERED and at else None)
            for url, call, state, at in rows
        ]

    @contextmanager
    def nursery(self, senders: int) -> Iterator[Nursery]:
        """Of workers with so many senders, which end before it does."""
        environment = os.environ | self.environment | {"PORTAL_WEBHOOK_SENDERS": str(senders)}
        command = [sys.executable, "-c", NURSERY]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
            nursery = Nursery(process)
            nursery.kill(nursery.bear())
            yield nursery

    @contextmanager
    def worker(self, senders: int) -> Iterator[int]:
        """A worker for a while; gives its process id."""
        environment = os.environ | self.environment | {"PORTAL_WEBHOOK_SENDERS": str(senders)}
        process = self._worker = subprocess.Popen([sys.executable, "-c", WORKER], env=environment)
        try:
            yield process.pid
            self.check()
        finally:
            self._worker = None
            process.terminate()
            process.wait(60)

    def check(self) -> None:
        """Raises RuntimeError where the worker that should run has died: nothing that it was to do will come."""
        if self._worker is not None and (code := self._worker.poll()) is not None:
            raise RuntimeError(f"{self.name}: the worker has died, exit code {code}")


def _call(api_call_id: str) -> CallRecord:
    ended_at = now()
    return CallRecord(
        api_call_id=api_call_id,
        switch="main",
        kind="incoming",
        caller="79039998877",
        did="79037778899",
        callee="SIP/0000000672",
        started_at=ended_at - timedelta(seconds=17),
        answered_at=ended_at - timedelta(seconds=12),
        ended_at=ended_at,
        outcome="answered",
        talk_seconds=12,
        caller_wait_seconds=5,
        search_text="",
    )


@contextmanager
def on_sqlite(folder: Path) -> Iterator[Scene]:
    """The embedded installation, as durable as it comes."""
    folder.mkdir(parents=True, exist_ok=True)
    yield Scene("SQLite", folder, f"sqlite:///{folder / 'portal.db'}")


@contextmanager
def on_postgresql(folder: Path) -> Iterator[Scene]:
    """A server that writes as durably as PostgreSQL's own settings say."""
    folder.mkdir(parents=True, exist_ok=True)
    with PostgresServer() as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            server.address.execute("postgres", psycopg.sql.SQL(f"alter system set {setting} = on"))
        server.address.execute("postgres", psycopg.sql.SQL("select pg_reload_conf()"))
        yield Scene("PostgreSQL", folder, server.address.create_database("bench"))
