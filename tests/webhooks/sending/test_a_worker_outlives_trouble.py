"""Whatever the database or a row does, the worker goes on and loses nothing."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import text

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.secrets import Vault
from portal.webhooks import services
from portal.webhooks.models import DeliveryAttempt, DeliveryState, WebhookSubscription
from tests.support.receiver import PATIENCE, Answer, Receiver
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


def wait_until_said(caplog: pytest.LogCaptureFixture, words: str) -> None:
    """Until the worker has logged so."""
    give_up_at = time.monotonic() + PATIENCE
    while words not in caplog.text:
        assert time.monotonic() < give_up_at, caplog.text
        time.sleep(0.01)


def test_a_database_that_refuses_for_a_while_costs_nothing_but_time(
    app: Flask, north: Company, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    refused = threading.Event()
    receiver.answer(Answer(when=refused))
    north.listens(f"{receiver.url}/x")

    with working(app):
        north.ends("a" * 32)
        receiver.wait_for(1)
        with without_its_table(app):
            # The answer comes while nothing can be noted.
            refused.set()
            wait_until_said(caplog, "webhook_database_away")
        north.ends("b" * 32)
        deliveries = north.wait_until(DeliveryState.DELIVERED, 2)

    assert [delivery.attempts for delivery in deliveries] == [1, 1]
    assert len(receiver.requests) == 2


def test_a_try_that_cannot_be_noted_does_not_hold_up_the_others(
    app: Flask, north: Company, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    north.listens(f"{receiver.url}/x")
    north.ends("a" * 32)
    (cursed,) = north.deliveries()
    with app.app_context(), transaction(north.id) as session:
        session.add(
            DeliveryAttempt(
                delivery_id=cursed.id, number=1, started_at=now(), request_line="", request_headers=[], phases={}
            )
        )
    north.ends("b" * 32)

    with working(app):
        wait_until_said(caplog, "webhook_attempt_cannot_be_noted")
        deliveries = north.wait_until(DeliveryState.DELIVERED)

    assert [delivery.state for delivery in deliveries] == [DeliveryState.SENDING, DeliveryState.DELIVERED]


def test_a_try_that_a_fault_of_our_own_ends_is_noted_as_a_failed_one(
    app: Flask, north: Company, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    webhook_id = north.listens(f"{receiver.url}/x")
    sealed = Vault("the secret of another installation").seal("key")

    def dress() -> None:
        db.session.get_one(WebhookSubscription, webhook_id).headers = [["X-Key", sealed, True]]

    north.does(dress)
    north.ends()

    with working(app):
        (delivery,) = north.wait_for_attempts(1)

    assert (delivery.state, delivery.step, delivery.last_failure) == (DeliveryState.WAITING, 1, "unexpected")
    assert delivery.tries[0].failure_text == "ValueError"
    assert "sealed by another installation" in caplog.text
    assert not receiver.requests


def test_a_webhook_that_was_removed_while_its_server_said_gone_holds_nobody_up(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    removed = threading.Event()
    receiver.answer(Answer(410, when=removed), Answer(200))
    gone = north.listens(f"{receiver.url}/gone")

    with working(app):
        north.ends("a" * 32)
        receiver.wait_for(1)
        north.does(services.remove_webhook, gone)
        removed.set()
        north.listens(f"{receiver.url}/x")
        north.ends("b" * 32)
        north.wait_until(DeliveryState.DELIVERED)
        first, _second = north.wait_for_attempts(1)

    assert (first.state, first.last_status) == (DeliveryState.CANCELLED, 410)
