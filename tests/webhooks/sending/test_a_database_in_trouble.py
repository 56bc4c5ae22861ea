"""A full disk and a locked database: what was sent is noted when there is room again, and nothing is sent twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from flask import Flask
from sqlalchemy import Connection, event, text

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

# SQLite's own bound of a file, in pages; 1 stands for those that there are.
_LARGEST = 4294967294
_BOUND = "tests.pages"


@contextmanager
def full_disk(app: Flask) -> Iterator[None]:
    """No table can grow any more."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text(_FULL))
        yield
        with engine.begin() as connection:
            connection.execute(text("drop trigger full_disk on delivery_attempt; drop function refuse()"))
        return
    # To the pages that there are.

    app.extensions[_BOUND] = 1
    try:
        yield
    finally:
        app.extensions[_BOUND] = _LARGEST


@pytest.fixture
def bounded(app: Flask) -> Iterator[None]:
    """The bound of a file of SQLite, told at each beginning, since each connection has one of its own.

    It is there before any thread is: a list of listeners that grows while another thread goes along it is an error.
    """
    with app.app_context():
        engine = db.engine
    app.extensions[_BOUND] = _LARGEST

    def bound(connection: Connection) -> None:
        connection.exec_driver_sql(f"pragma max_page_count={app.extensions[_BOUND]}")

    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", bound)
        yield
        event.remove(engine, "begin", bound)
    else:
        yield


def leave_no_room(app: Flask) -> None:
    """Pages that earlier rows left free are given back: SQLite would fill them first."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            with closing(db.engine.raw_connection()) as connection:
                connection.cursor().execute("vacuum").close()


@pytest.mark.usefixtures("bounded")
def test_what_was_sent_while_the_disk_was_full_is_noted_later_and_not_sent_again(
    app: Flask, north: Company, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    leave_no_room(app)
    is_full = threading.Event()
    # No page of the database has room for it.
    receiver.answer(Answer(200, b"x" * 32_000, when=is_full))
    north.listens(f"{receiver.url}/x")

    with working(app):
        north.ends("a" * 32)
        north.ends("b" * 32)
        receiver.wait_for(2)
        with full_disk(app):
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
            assert [row.state for row in north.deliveries()] == [DeliveryState.SENDING]
            connection.rollback()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert delivery.attempts == 1
    assert len(receiver.requests) == 1
