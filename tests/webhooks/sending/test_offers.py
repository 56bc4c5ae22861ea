"""What a worker is offered in the transaction that writes it: sent without a claim of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from portal.calls.events import CallFinished
from portal.kernel.bells import Bells
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.events import publish
from portal.kernel.http import Door
from portal.webhooks import offers, services
from portal.webhooks.models import DeliveryState, EventType, WebhookSubscription
from portal.webhooks.offers import PATIENCE, Offer, listener_of, new_worker
from portal.webhooks.sending import queue, sender, worker
from portal.webhooks.sending.claimed import ClaimedDelivery, offered
from portal.webhooks.sending.schedule import LEASE
from tests.support.receiver import Answer, Receiver
from tests.webhooks.sending.by_hand import claim, finished, note, seeing_all
from tests.webhooks.world import Company, call_record, until, working

URL = "https://crm.example/calls"


@contextmanager
def listening(app: Flask, *, is_leaving: bool = False) -> Iterator[str]:
    """Somebody who is known as a worker."""
    bells: Bells = app.extensions["portal.bells"]
    name = new_worker()
    app.extensions.pop("portal.webhook_workers", None)
    with closing(bells.listen(listener_of(name, is_leaving=is_leaving))):
        yield name


def taken(app: Flask, north: Company) -> list[ClaimedDelivery]:
    """As the ear of the worker that was offered it reads it."""
    (delivery,) = north.deliveries()
    offer = Offer(delivery.event_id, delivery.claim or "")
    return seeing_all(app, lambda connection: offered(connection, offer, now()))


def test_it_is_one_workers_for_a_moment_and_anybodys_afterwards(app: Flask, north: Company) -> None:
    north.listens(URL)
    with listening(app) as name:
        north.ends()

    (delivery,) = north.deliveries()
    assert delivery.state == DeliveryState.WAITING
    assert (delivery.claim or "").startswith(name)
    assert claim(app, at=delivery.created_at + PATIENCE - timedelta(milliseconds=1)) == []
    (held,) = claim(app, at=delivery.created_at + PATIENCE)
    assert held.claim != delivery.claim
    note(app, finished(replace(held, claim=delivery.claim or "")))
    assert [each.state for each in north.deliveries()] == [DeliveryState.SENDING]


def test_where_no_worker_listens_it_is_due_at_once(app: Flask, north: Company) -> None:
    north.listens(URL)
    with listening(app, is_leaving=True):
        north.ends()

    assert [each.claim for each in north.deliveries()] == [None]
    assert len(claim(app)) == 1


@pytest.mark.parametrize("harm", [{"failures": 1}, {"probe_at": now()}, {"rate_per_minute": 6}, {"state": "paused"}])
def test_what_its_failures_its_rate_or_a_pause_may_hold_back_is_not_offered(
    app: Flask, north: Company, harm: dict[str, object]
) -> None:
    webhook_id = north.listens(URL)

    def suffer() -> None:
        for name, value in harm.items():
            setattr(db.session.get_one(WebhookSubscription, webhook_id), name, value)

    north.does(suffer)
    with listening(app):
        north.ends()

    assert [each.claim for each in north.deliveries()] == [None]


def test_an_end_that_waits_for_its_start_is_not_offered(app: Flask, north: Company) -> None:
    for event in (EventType.CALL_STARTED, EventType.CALL_FINISHED):
        north.listens(URL, event)
    with listening(app):
        north.starts()
        north.ends()

    start, end = north.deliveries()
    assert start.claim is not None
    assert (end.waits_for_id, end.claim) == (start.id, None)


def test_few_are_offered_of_what_comes_in_bulk(app: Flask, north: Company) -> None:
    north.listens(URL)
    with listening(app):
        north.does(_end, range(10))

    assert sum(each.claim is not None for each in north.deliveries()) == offers.MOST_AT_ONCE


def test_what_many_webhooks_hear_is_claimed_in_one_go(app: Flask, north: Company) -> None:
    for number in range(offers.MOST_AT_ONCE + 1):
        north.listens(f"{URL}/{number}")
    with listening(app):
        north.ends()

    assert {each.claim for each in north.deliveries()} == {None}


def _end(numbers: Iterable[int]) -> None:
    for number in numbers:
        call = call_record(api_call_id=f"{number:032x}")
        db.session.add(call)
        publish(CallFinished(call))


def test_what_was_paused_meanwhile_is_not_taken(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    with listening(app):
        north.ends()
        assert len(taken(app, north)) == 1
        north.does(services.pause_webhook, webhook_id)

    assert taken(app, north) == []


def test_what_is_held_lasts_as_long_as_a_claim_and_what_is_declined_is_due(app: Flask, north: Company) -> None:
    north.listens(URL)
    with listening(app):
        north.ends()
    (delivery,) = taken(app, north)
    at = now()

    seeing_all(app, lambda connection: queue.hold(connection, [delivery], at))
    assert claim(app, at=at + LEASE - timedelta(seconds=1)) == []
    seeing_all(app, lambda connection: queue.decline(connection, [delivery]))
    assert [each.state for each in north.deliveries()] == [DeliveryState.SENDING]

    note(app, finished(delivery))
    assert [each.state for each in north.deliveries()] == [DeliveryState.DELIVERED]


def test_what_is_declined_is_due_at_once(app: Flask, north: Company) -> None:
    north.listens(URL)
    with listening(app):
        north.ends()
    (delivery,) = taken(app, north)

    seeing_all(app, lambda connection: queue.decline(connection, [delivery]))

    assert [each.id for each in claim(app)] == [delivery.id]


def test_one_that_is_nearly_over_is_not_sent(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    with listening(app):
        north.ends()
    (delivery,) = taken(app, north)
    late = replace(delivery, lease_until=now() + timedelta(seconds=0.4))
    door: Door = app.extensions["portal.http"]

    assert sender.send(door, app.extensions["portal.vault"], late) is None
    assert receiver.requests == []


def test_a_worker_sends_and_notes_it_without_claiming_anything(
    app: Flask, north: Company, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    north.listens(f"{receiver.url}/x")
    monkeypatch.setattr(worker, "claim", lambda *_, **__: [])
    with working(app) as running:
        until(lambda: running._ear.is_listening, "the worker does not listen")
        app.extensions.pop("portal.webhook_workers", None)
        north.ends()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert len(receiver.requests) == delivery.attempts == 1


def test_one_that_lasts_is_held_like_what_was_claimed(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    is_over = threading.Event()
    receiver.answer(Answer(200, when=is_over))
    with working(app) as running:
        until(lambda: running._ear.is_listening, "the worker does not listen")
        app.extensions.pop("portal.webhook_workers", None)
        north.ends()
        (held,) = north.wait_until(DeliveryState.SENDING)
        is_over.set()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert held.due_at > held.created_at + LEASE
    assert held.claim
    assert delivery.attempts == len(receiver.requests) == 1


def test_what_a_dead_worker_held_goes_out_without_waiting_for_its_lease(
    app: Flask, north: Company, receiver: Receiver
) -> None:
    north.listens(f"{receiver.url}/x")
    north.ends()
    (held,) = seeing_all(
        app,
        lambda connection: queue.claim(
            connection,
            1,
            queue.Caps.of(16),
            now=now() + timedelta(hours=1),
            is_sqlite=app.extensions["portal.settings"].is_embedded,
            worker=new_worker(),
        ),
    )

    with working(app):
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert delivery.last_attempt_at
    assert delivery.last_attempt_at < held.lease_until - timedelta(minutes=30)


def test_what_a_living_worker_holds_is_left_to_it(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/x")
    north.ends()
    with listening(app, is_leaving=True) as name:
        is_sqlite = app.extensions["portal.settings"].is_embedded
        seeing_all(
            app,
            lambda connection: queue.claim(
                connection, 1, queue.Caps.of(16), now=now(), is_sqlite=is_sqlite, worker=name
            ),
        )
        with working(app):
            other = north.listens(f"{receiver.url}/y", EventType.CALL_STARTED)
            for number in range(3):
                north.starts(f"{number:032x}")
                north.wait_until(DeliveryState.DELIVERED, number + 1)

    states = {each.subscription_id: each.state for each in north.deliveries()}
    assert states.pop(other) == DeliveryState.DELIVERED
    assert set(states.values()) == {DeliveryState.SENDING}
