"""A full disk and a locked database: what was sent is noted when there is room again, and nothing is sent twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, event, text

from portal.kernel.db import db
from portal.webhooks.models import DeliveryState
from tests.support.receiver import Answer, Receiver
from tests.webhooks.sending.test_a_worker_outlives_trouble import wait_until_said
from tests.webhooks.world import Company, working

# What PostgreSQL says when it cannot make a file longer (SQLSTATE 53100).
_FULL = """
create function refuse() returns trigger language plpgsql as $$
begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
create trigger full_disk before insert on delivery_attempt for each row execute function refuse();
"""
_MOST_PAGES = 4294967294


class Disk:
    """What the database lies on: it may become full."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._is_full = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Begun before any thread uses the database: SQLAlchemy's listeners must not change under one that does."""
        if self._is_sqlite:
            event.listen(self._engine, "begin", self._bound)
        yield
        if self._is_sqlite:
            event.remove(self._engine, "begin", self._bound)
            # Each connection has a bound of its own.
            self._engine.dispose()

    @contextmanager
    def full(self) -> Iterator[None]:
        """No table can grow any more."""
        self._is_full = True
        if not self._is_sqlite:
            with self._engine.begin() as connection:
                connection.execute(text(_FULL))
        yield
        self._is_full = False
        if not self._is_sqlite:
            with self._engine.begin() as connection:
                connection.execute(text("drop trigger full_disk on delivery_attempt; drop function refuse()"))

    def _bound(self, connection: Connection) -> None:
        """To the pages that there are; SQLite takes a smaller number for that one."""
        connection.exec_driver_sql(f"pragma max_page_count={1 if self._is_full else _MOST_PAGES}")


def leave_no_room(app: Flask) -> None:
    """Pages that earlier rows left free are given back: SQLite would fill them first."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            with closing(db.engine.raw_connection()) as connection:
                connection.cursor().execute("vacuum").close()


def test_what_was_sent_while_the_disk_was_full_is_noted_later_and_not_sent_again(
    app: Flask, north: Company, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    leave_no_room(app)
    is_full = threading.Event()
    # No page of the database has room for it.
    receiver.answer(Answer(200, b"x" * 32_000, when=is_full))
    north.listens(f"{receiver.url}/x")
    with app.app_context():
        disk = Disk(db.engine)

    with disk.watched(), working(app):
        north.ends("a" * 32)
        north.ends("b" * 32)
        receiver.wait_for(2)
        with disk.full():
            is_full.set()
            wait_until_said(caplog, "webhook_database_away")
        deliveries = north.wait_until(DeliveryState.DELIVERED, 2)

    assert [row.attempts for row in deliveries] == [1, 1]
    assert len(receiver.requests) == 2


def test_what_was_sent_while_the_database_was_locked_is_noted_when_it_is_free(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    north.listens(f"{receiver.url}/x")
    is_locked = threading.Event()
    receiver.answer(Answer(200, when=is_locked))
    with app.app_context():
        engine = db.engine
    is_sqlite = engine.dialect.name == "sqlite"
    lock = "update webhook_event set type = type" if is_sqlite else "lock table delivery_attempt in exclusive mode"

    with working(app) as worker:
        north.ends("a" * 32)
        receiver.wait_for(1)
        with engine.connect() as connection:
            connection.exec_driver_sql(lock)
            is_locked.set()
            while not worker._unnoted:
                time.sleep(0.02)
            assert all(row.is_open for row in north.deliveries())
            connection.rollback()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert delivery.attempts == 1
    assert len(receiver.requests) == 1
