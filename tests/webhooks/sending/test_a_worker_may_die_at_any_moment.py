"""A worker in a process of its own, killed between claim, send and record: nothing is lost, success is final."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from portal.kernel.clock import now
from portal.kernel.config import Settings
from portal.kernel.db import transaction
from portal.webhooks.models import DeliveryState, WebhookDelivery
from portal.webhooks.sending.schedule import LEASE
from tests.support.receiver import Answer, Receiver
from tests.webhooks.world import Company

# The part itself: `portal worker` starts it as one of its children, which ends in good order when its parent is killed.
WORKER = """
from portal.app import create_app
from portal.kernel.config import load_settings
from portal.server.parts import run_worker

run_worker(create_app(load_settings(), "worker"))
"""


@contextmanager
def worker_process(app: Flask) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of its own on this test's database; killed at the end if it still runs."""
    settings: Settings = app.extensions["portal.settings"]
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_SECRET_KEY": settings.secret_key,
        "PORTAL_WEBHOOK_ALLOW": "127.0.0.0/8",
        "PORTAL_DATA": str(settings.data),
        "PORTAL_LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-c", WORKER], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def leases_run_out(north: Company) -> None:
    """Time passes for what the dead held."""
    with north.app.app_context(), transaction(north.id) as session:
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.state == DeliveryState.SENDING)
            .values(due_at=WebhookDelivery.created_at)
        )


def wall_clock(receiver: Receiver) -> list[tuple[str, float]]:
    """Id and moment of each request, in UNIX seconds."""
    offset = now().timestamp() - time.monotonic()
    return [(request.headers["webhook-id"], request.at + offset) for request in receiver.requests]


def test_what_a_killed_worker_had_sent_but_not_noted_is_sent_again_under_its_id(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    north.listens(f"{receiver.url}/x")
    receiver.answer(Answer(delay_seconds=8), Answer(200))
    with worker_process(app) as process:
        north.ends()
        receiver.wait_for(1, timeout=30)
        process.send_signal(signal.SIGKILL)
        process.wait()
    (orphan,) = north.deliveries()
    assert (orphan.state, orphan.attempts) == (DeliveryState.SENDING, 0)
    assert orphan.due_at <= now() + LEASE

    leases_run_out(north)
    with worker_process(app):
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert [identifier for identifier, _ in wall_clock(receiver)] == [delivery.public_id] * 2
    assert [attempt.number for attempt in delivery.tries] == [1]


def test_a_worker_that_is_told_to_stop_notes_what_is_in_the_air(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    receiver.answer(Answer(delay_seconds=1))
    with worker_process(app) as process:
        north.ends()
        receiver.wait_for(1, timeout=30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0

    assert [delivery.state for delivery in north.deliveries()] == [DeliveryState.DELIVERED]


def test_killed_over_and_over_at_random_nothing_is_lost_and_success_is_final(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    receiver.answer(Answer(delay_seconds=0.02))
    for name in "abcd":
        north.listens(f"{receiver.url}/{name}")
    chance = random.Random(20261123)
    for number in range(30):
        north.ends(f"{number:032x}")

    for _ in range(3):
        before = len(receiver.requests)
        with worker_process(app) as process:
            receiver.wait_for(before + 1, timeout=30)
            time.sleep(chance.uniform(0, 0.15))
            process.send_signal(signal.SIGKILL)
            process.wait()
        leases_run_out(north)
    with worker_process(app):
        deliveries = north.wait_until(DeliveryState.DELIVERED, 120)

    noted = {delivery.public_id: delivery.finished_at for delivery in deliveries}
    arrivals = wall_clock(receiver)
    assert {identifier for identifier, _ in arrivals} == set(noted)
    late = [
        identifier
        for identifier, moment in arrivals
        if moment > (noted[identifier] or now()).timestamp() + timedelta(milliseconds=20).total_seconds()
    ]
    assert not late
