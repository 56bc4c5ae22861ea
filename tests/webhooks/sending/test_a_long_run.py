"""Thousands of deliveries by one worker: what it holds in memory when many have gone out, and when many more have."""

import gc
import sys
from collections.abc import Iterable

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.calls.events import CallFinished
from portal.kernel.db import db
from portal.kernel.events import publish
from portal.webhooks.models import DeliveryAttempt, DeliveryState, WebhookDelivery
from tests.support.receiver import Receiver
from tests.webhooks.world import Company, call_record, until, working

WEBHOOKS, FIRST, MORE = 6, 50, 150
BLOCKS_OF_ONE = 3
"""Blocks of memory that may stay of each delivery; one attempt kept by mistake is more than a hundred of them."""


@pytest.fixture
def heard(north: Company, receiver: Receiver) -> None:
    for number in range(WEBHOOKS):
        north.listens(f"{receiver.url}/{number}")


@pytest.mark.usefixtures("heard")
def test_what_a_worker_holds_does_not_grow_with_what_it_has_sent(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    with working(app):
        before = _held_after(north, receiver, 0, FIRST)
        after = _held_after(north, receiver, FIRST, MORE)

    assert after - before < MORE * WEBHOOKS * BLOCKS_OF_ONE
    assert north.reads(lambda: db.session.scalar(select(func.count()).select_from(DeliveryAttempt))) == (
        (FIRST + MORE) * WEBHOOKS
    )


def _held_after(north: Company, receiver: Receiver, first: int, calls: int) -> int:
    """Blocks in use when so many more calls have been told of, the test's own list of requests forgotten."""
    north.does(_end, range(first, first + calls))
    receiver.wait_for(calls * WEBHOOKS, timeout=240)
    until(lambda: not north.reads(_open), "deliveries that were received are not noted")
    receiver.forget()
    gc.collect()
    return sys.getallocatedblocks()


def _open() -> int:
    query = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.state != DeliveryState.DELIVERED)
    return db.session.scalar(query) or 0


def _end(numbers: Iterable[int]) -> None:
    for number in numbers:
        call = call_record(api_call_id=f"{number:032x}")
        db.session.add(call)
        publish(CallFinished(call))
