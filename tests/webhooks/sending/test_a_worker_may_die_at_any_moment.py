"""A worker in a process of its own, killed between claim, send and record: nothing is lost, success is final."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

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

STARTS_WITHIN = 240
"""Seconds: two of a processor, of which a busy machine may give a hundredth."""


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


def test_what_a_killed_worker_had_sent_but_not_noted_is_sent_again_under_its_id(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    north.listens(f"{receiver.url}/x")
    dead = threading.Event()
    receiver.answer(Answer(when=dead), Answer(200))
    with worker_process(app) as process:
        north.ends()
        receiver.wait_for(1, timeout=STARTS_WITHIN)
        process.send_signal(signal.SIGKILL)
        process.wait()
    dead.set()
    (orphan,) = north.deliveries()
    assert (orphan.state, orphan.attempts) == (DeliveryState.SENDING, 0)
    assert orphan.due_at <= now() + LEASE

    leases_run_out(north)
    with worker_process(app):
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert [request.headers["webhook-id"] for request in receiver.requests] == [delivery.public_id] * 2
    assert [attempt.number for attempt in delivery.tries] == [1]


def test_a_worker_that_is_told_to_stop_notes_what_is_in_the_air(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    told = threading.Event()
    receiver.answer(Answer(when=told))
    with worker_process(app) as process:
        north.ends()
        receiver.wait_for(1, timeout=STARTS_WITHIN)
        process.send_signal(signal.SIGTERM)
        told.set()
        assert process.wait(timeout=STARTS_WITHIN) == 0

    assert [delivery.state for delivery in north.deliveries()] == [DeliveryState.DELIVERED]


def test_killed_over_and_over_at_random_nothing_is_lost_and_success_is_final(app: Flask, north: Company) -> None:
    chance = random.Random(20261123)
    with Receiver() as first:
        port = first.port
    for name in "abcd":
        north.listens(f"http://127.0.0.1:{port}/{name}")

    arrived: set[str] = set()
    for number in range(4):
        # Of its own, so that each has something to do also where a busy machine lets one before it do all.
        for call in range(10):
            north.ends(f"{number:016x}{call:016x}")
        leases_run_out(north)
        noted = delivered(north)
        lives = partial(time.sleep, chance.uniform(0, 0.15))
        came = life(app, port, lives if number < 3 else partial(north.wait_until, DeliveryState.DELIVERED, 160))
        assert not noted & came
        arrived |= came

    assert arrived == delivered(north)
    assert len(arrived) == 160


def delivered(north: Company) -> set[str]:
    """The ids of what was noted as delivered."""
    return {each.public_id for each in north.deliveries() if each.state == DeliveryState.DELIVERED}


def life(app: Flask, port: int, lives: Callable[[], object]) -> set[str]:
    """A worker that is killed when `lives` has come back; the ids that it sent, each once.

    The receiver ends with it: under load the network hands a dead worker's request over when the next one is at work
    already, and it must not be taken for one of that one's.
    """
    with Receiver(port) as receiver:
        receiver.answer(Answer(delay_seconds=0.02))
        with worker_process(app) as process:
            receiver.wait_for(1, timeout=STARTS_WITHIN)
            lives()
            process.send_signal(signal.SIGKILL)
            process.wait()
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids))
    return set(ids)
