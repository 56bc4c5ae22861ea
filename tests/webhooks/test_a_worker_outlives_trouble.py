"""Whatever the database or a row does, the worker goes on and loses nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import text, update

from portal.kernel.db import db, transaction
from portal.webhooks.models import DeliveryState, WebhookEvent
from tests.support.receiver import Answer, Receiver
from tests.webhooks.world import Company, working


@contextmanager
def without_its_table(app: Flask) -> Iterator[None]:
    """The database is there and refuses everything that the queue asks."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("alter table webhook_delivery rename to away"))
    try:
        yield
    finally:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("alter table away rename to webhook_delivery"))


def test_a_database_that_refuses_for_a_while_costs_nothing_but_time(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    receiver.answer(Answer(delay_seconds=0.3))
    north.listens(f"{receiver.url}/x")

    with working(app) as worker:
        north.ends("a" * 32)
        receiver.wait_for(1)
        with without_its_table(app):
            # The answer comes while nothing can be noted.
            worker_has_failed = worker._failures
            worker_has_failed.wait(10)
        north.ends("b" * 32)
        deliveries = north.wait_until(DeliveryState.DELIVERED, 2)

    assert [delivery.attempts for delivery in deliveries] == [1, 1]
    assert len(receiver.requests) == 2
