"""What a worker that died had claimed: it goes on where it stood, or is over where it is too late."""

from datetime import timedelta

from flask import Flask

from portal.kernel.clock import now
from portal.webhooks.models import DeliveryState, EventType
from portal.webhooks.sending import queue
from portal.webhooks.sending.schedule import LEASE, SCHEDULES
from tests.webhooks.sending.by_hand import claim, finished, note, seeing_all
from tests.webhooks.world import Company

URL = "https://crm.example/calls"
A_SECOND = timedelta(seconds=1)


def test_it_goes_out_before_what_came_after_it(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.ends("a" * 32)
    claim(app)
    for letter in "bcd":
        north.ends(letter * 32)
    later = now() + LEASE + A_SECOND

    assert seeing_all(app, lambda connection: queue.take_back(connection, later)) == {north.id}

    (first,) = claim(app, 1, at=later)
    assert dict(first.parameters)["api_call_id"] == "a" * 32
    assert seeing_all(app, lambda connection: queue.take_back(connection, later)) == set()


def test_it_is_due_when_its_lease_has_run_out_and_not_before(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.ends()
    died_at = now()
    (held,) = claim(app, at=died_at)

    assert seeing_all(app, lambda connection: queue.next_due(connection, died_at)) == died_at + LEASE
    assert claim(app, at=died_at + LEASE - A_SECOND) == []
    assert [each.public_id for each in claim(app, at=died_at + LEASE)] == [held.public_id]


def test_each_further_worker_that_dies_with_it_adds_one_lease(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.ends()
    at = now()
    for _ in range(3):
        (held,) = claim(app, at=at)
        assert held.lease_until == at + LEASE
        at += LEASE

    (held,) = claim(app, at=at)
    note(app, finished(held, at=at))

    (delivery,) = north.deliveries()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)


def test_a_lease_holds_for_a_whole_try_and_its_note() -> None:
    longest = max(plan.deadline_seconds for plan in SCHEDULES.values())

    assert timedelta(seconds=longest + 3) <= LEASE <= timedelta(seconds=longest + 10)


def test_one_that_lives_and_is_late_may_note_it_until_somebody_else_has_it(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.ends()
    (held,) = claim(app)
    seeing_all(app, lambda connection: queue.take_back(connection, now() + LEASE + A_SECOND))

    note(app, finished(held))

    assert [each.state for each in north.deliveries()] == [DeliveryState.DELIVERED]


def test_a_start_that_nobody_took_over_in_time_has_expired(app: Flask, north: Company) -> None:
    north.listens(URL, EventType.CALL_STARTED)
    north.starts()
    claim(app)
    much_later = now() + timedelta(minutes=2)

    seeing_all(app, lambda connection: queue.take_back(connection, much_later))
    seeing_all(app, lambda connection: queue.expire(connection, much_later))

    assert [each.state for each in north.deliveries()] == [DeliveryState.EXPIRED]
