"""huey: the queue that carries ids of jobs to the threads that do them. What it loses is found again in the table."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from huey import Huey
from huey.consumer import Consumer, Scheduler
from huey.contrib.sql_huey import SqlStorage
from huey.serializer import SignedSerializer
from huey.storage import SqliteStorage
from peewee import PostgresqlDatabase
from sqlalchemy.engine import make_url

from portal.kernel.config import Settings
from portal.kernel.secrets import derive

_NAME = "portal"
_FIRST_POLL, _LONGEST_POLL = 0.05, 1.0


class Carrier(Protocol):
    """A task: called with its arguments, it is carried to a thread that runs it."""

    def __call__(self, *arguments: Any) -> object: ...


class _PostgresStorage(SqlStorage):
    """Beside the portal's own tables, under names that say whose they are."""

    def create_models(self) -> Any:
        models = super().create_models()
        for model in models:
            model._meta.set_table_name(f"huey_{model.__name__.lower()}")  # noqa: SLF001 -- peewee's way
        _key_values, _schedule, task, _counter = models
        # Made for the table's former name.
        task._meta.indexes.clear()  # noqa: SLF001
        task.add_index(task.priority.desc(), task.id)
        return models

    def create_tables(self) -> None:
        # "if not exists" looks before it makes: of two processes that start at once on a new database both would make
        # them, and the second be refused.
        with self.database:
            self.database.execute_sql("select pg_advisory_xact_lock(hashtext('huey tables'))")
            super().create_tables()


class _NoSchedule(Scheduler):
    """Nothing is put off here: what is due by time stands in the portal's own table."""

    def loop(self, now: Any = None) -> None:  # noqa: ARG002 -- huey's signature
        self.stop_flag.wait()


class _Consumer(Consumer):
    """Threads of this process; whoever starts them hears the signals."""

    scheduler_class = _NoSchedule

    def _set_signal_handlers(self) -> None:
        return


class Queue:
    """The installation's queue: a file beside an embedded database, or tables in PostgreSQL."""

    def __init__(self, settings: Settings) -> None:
        # What is read from the queue is unpickled: only what this installation signed is.
        serializer = SignedSerializer(secret=derive(settings.secret_key, "jobs").hex(), salt=_NAME)
        options: dict[str, Any]
        if settings.is_embedded:
            options = {"storage_class": SqliteStorage, "filename": str(settings.data / "jobs.db"), "cache_mb": 1}
        else:
            url = make_url(settings.database_url).set(drivername="postgresql")
            dsn = url.render_as_string(hide_password=False)
            options = {"storage_class": _PostgresStorage, "database": PostgresqlDatabase(dsn, prefer_psycopg3=True)}
        self._huey = Huey(_NAME, results=False, serializer=serializer, **options)
        # Each thread of a consumer calls it as it ends, and a file's storage does not bear two at once.
        self._closing = threading.Lock()
        self._huey.on_shutdown("close")(self.close)

    def task(self, run: Callable[..., None], name: str) -> Carrier:
        """What `run` does, by a name that a later life of the process knows too."""
        carrier: Carrier = self._huey.task(name=name)(run)
        return carrier

    def consumer(self, threads: int) -> Consumer:
        """Threads that run what was queued; `start` and `stop(graceful=True)` them."""
        return _Consumer(
            self._huey, workers=threads, periodic=False, initial_delay=_FIRST_POLL, max_delay=_LONGEST_POLL
        )

    def close(self) -> None:
        """Gives back the connection of the calling thread; of a file, the one that all threads share."""
        with self._closing:
            self._huey.storage.close()
