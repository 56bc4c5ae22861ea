"""Signs of life of the installation's processes, whatever machine they run on."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version

import structlog
from flask import Flask
from sqlalchemy import String, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model, db, transaction, upsert
from portal.kernel.secrets import random_word

log = structlog.get_logger(__name__)

BEAT = timedelta(seconds=10)
SILENT_AFTER = timedelta(seconds=45)
"""A process that has said nothing for so long has died, or cannot reach the database."""
_FORGOTTEN_AFTER = timedelta(days=1)


class ProcessLife(Model):
    """One process that runs, or was killed within a day: one that ends as it should takes its row with it."""

    __tablename__ = "process_life"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`web`, `worker`, `jobs` or `engine`."""
    host: Mapped[str] = mapped_column(String(200))
    pid: Mapped[int]
    version: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(100))
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(index=True)

    @property
    def is_silent(self) -> bool:
        """Whether it should have said something since."""
        return now() - self.seen_at > SILENT_AFTER


def process_lives() -> Sequence[ProcessLife]:
    """Every process by kind and machine."""
    order = (ProcessLife.kind, ProcessLife.host, ProcessLife.started_at, ProcessLife.id)
    return db.session.scalars(select(ProcessLife).order_by(*order)).all()


class Heart:
    """Beats in a thread of its own until it is stopped; a database that is away misses a beat and no more."""

    def __init__(self, app: Flask, kind: str, detail: str = "") -> None:
        self._app = app
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heart", daemon=True)
        self._life = {
            "id": random_word(32),
            "kind": kind,
            "host": platform.node()[:200] or "?",
            "pid": os.getpid(),
            "version": version("portal"),
            "detail": detail[:100],
            "started_at": now(),
        }

    def start(self) -> None:
        """Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """The process ends as it should: it is listed no more."""
        self._stop.set()
        self._thread.join(2)
        self._attempt(self._forget)

    def beat(self) -> None:
        """Says once that it lives, and forgets who has not for a day."""
        moment = now()
        with transaction() as session:
            upsert(ProcessLife, {**self._life, "seen_at": moment}, key=["id"], change={"seen_at": moment})
            session.execute(delete(ProcessLife).where(ProcessLife.seen_at < moment - _FORGOTTEN_AFTER))

    def _beat_on(self) -> None:
        self._attempt(self.beat)
        while not self._stop.wait(BEAT.total_seconds()):
            self._attempt(self.beat)

    def _forget(self) -> None:
        with transaction() as session:
            session.execute(delete(ProcessLife).where(ProcessLife.id == self._life["id"]))

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            with self._app.app_context():
                act()
        except SQLAlchemyError as error:
            log.warning("heart_missed_a_beat", error=type(error).__name__)
