"""The queue: who may take what, in which order, and what a claim is worth. The same truths on both databases."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from portal.kernel.clock import now
from portal.webhooks import services
from portal.webhooks.models import DeliveryState, EventType
from portal.webhooks.sending import queue
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.completion import complete_plain
from portal.webhooks.sending.queue import Caps
from portal.webhooks.sending.schedule import LEASE
from tests.webhooks.sending.by_hand import claim, finished, note, seeing_all
from tests.webhooks.world import Company

URL = "https://crm.example/calls"


def call_ids(count: int, prefix: str = "a") -> list[str]:
    return [f"{prefix}{number:031x}" for number in range(count)]


def calls_of(app: Flask, claimed: Sequence[ClaimedDelivery]) -> list[str]:
    return [dict(each.parameters)["api_call_id"] for each in claimed]


def test_what_is_due_is_claimed_with_all_that_sending_needs(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    at = now()

    (delivery,) = claim(app, at=at)

    assert delivery.account_id == north.id
    assert delivery.subscription_id == webhook_id
    assert (delivery.url, delivery.event) == (URL, EventType.CALL_FINISHED)
    assert delivery.parameters[0] == ("num_a", "79039998877")
    assert delivery.lease_until == at + LEASE
    assert [row.state for row in north.deliveries()] == [DeliveryState.SENDING]


def test_what_is_claimed_is_not_claimed_again_while_its_lease_holds(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.ends()
    at = now()
    claim(app, at=at)

    assert claim(app, at=at + LEASE - timedelta(seconds=1)) == []


def test_a_lease_that_ran_out_is_claimed_again_under_a_new_claim(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.ends()
    (first,) = claim(app)

    (second,) = claim(app, at=now() + LEASE)

    assert second.id == first.id
    assert second.public_id == first.public_id
    assert second.claim != first.claim


def test_a_stale_claim_completes_nothing(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.ends()
    (first,) = claim(app)
    (second,) = claim(app, at=now() + LEASE)

    assert note(app, finished(first, 500)) == []
    assert north.deliveries()[0].tries == []
    note(app, finished(first, 200))
    assert north.deliveries()[0].tries == []
    note(app, finished(second, 200))
    assert note(app, finished(first, 500)) == []

    (delivery,) = north.deliveries()
    assert delivery.state == DeliveryState.DELIVERED
    assert [(attempt.number, attempt.status) for attempt in delivery.tries] == [(1, 200)]


def test_what_was_delivered_is_never_claimed_again(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.ends()
    note(app, *(finished(delivery) for delivery in claim(app)))

    assert claim(app, at=now() + timedelta(days=30)) == []


def test_a_failure_is_due_again_by_its_schedule(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.ends()
    at = now()
    (delivery,) = claim(app, at=at)

    note(app, finished(delivery, 500, at=at))

    (row,) = north.deliveries()
    assert row.state == DeliveryState.WAITING
    assert timedelta(seconds=4) <= row.due_at - at <= timedelta(seconds=6)
    assert claim(app, at=at + timedelta(seconds=3.9)) == []
    assert [again.step for again in claim(app, at=at + timedelta(seconds=6.1))] == [1]


def test_claims_do_not_overlap_however_many_workers_there_are(app: Flask, north: Company) -> None:
    north.listens(URL)
    for api_call_id in call_ids(60):
        north.ends(api_call_id)

    def work(_number: int) -> list[int]:
        taken: list[int] = []
        while batch := claim(app, 3):
            taken.extend(delivery.id for delivery in batch)
        return taken

    with ThreadPoolExecutor(4) as workers:
        taken = [each for batch in workers.map(work, range(4)) for each in batch]
    # A worker whose candidates were all locked by others may have gone home early.
    taken.extend(delivery.id for delivery in claim(app))
    assert sorted(taken) == [row.id for row in north.deliveries()]


def test_starts_go_before_ends_and_ends_before_repeats(app: Flask, north: Company) -> None:
    north.listens(URL, EventType.CALL_STARTED)
    ends = north.listens("https://crm.example/ends")
    north.ends("d" * 32)
    note(app, *(finished(delivery) for delivery in claim(app)))
    north.does(services.repeat_delivery, ends, north.deliveries()[0].id)
    north.ends("e" * 32)
    north.starts("f" * 32)

    order = [claim(app, 1)[0] for _ in range(3)]

    assert calls_of(app, order) == ["f" * 32, "e" * 32, "d" * 32]


def test_a_webhook_has_a_bounded_number_in_flight(app: Flask, north: Company) -> None:
    north.listens(URL)
    north.listens("https://crm.example/other")
    for api_call_id in call_ids(5):
        north.ends(api_call_id)

    first = claim(app, caps=Caps(2, 100, 100))
    assert len(first) == 4
    assert claim(app, caps=Caps(2, 100, 100)) == []

    note(app, finished(first[0]))
    (again,) = claim(app, caps=Caps(2, 100, 100))
    assert again.subscription_id == first[0].subscription_id


def test_accounts_take_turns_however_long_one_of_them_has_waited(app: Flask, north: Company, south: Company) -> None:
    north.listens(URL)
    south.listens(URL)
    for api_call_id in call_ids(6):
        north.ends(api_call_id)
    for api_call_id in call_ids(2, "b"):
        south.ends(api_call_id)

    order = [each.account_id for _ in range(4) for each in claim(app, 1)]

    assert order == [north.id, south.id, north.id, south.id]


@pytest.mark.parametrize("act", [services.pause_webhook, services.remove_webhook])
def test_a_webhook_that_does_not_send_is_passed_over(app: Flask, north: Company, act: Callable[[int], object]) -> None:
    webhook_id = north.listens(URL)
    north.ends()

    north.does(act, webhook_id)

    assert claim(app) == []


def test_a_start_that_is_too_late_expires_unsent_also_while_its_webhook_is_paused(app: Flask, north: Company) -> None:
    sends = north.listens(URL, EventType.CALL_STARTED)
    paused = north.listens("https://crm.example/other", EventType.CALL_STARTED)
    north.starts()
    north.does(services.pause_webhook, paused)
    later = now() + timedelta(seconds=61)

    assert claim(app, at=later) == []
    assert seeing_all(app, lambda connection: queue.expire(connection, later)) == {north.id}

    states = {row.subscription_id: row.state for row in north.deliveries()}
    assert states == {sends: DeliveryState.EXPIRED, paused: DeliveryState.EXPIRED}
    assert seeing_all(app, lambda connection: queue.expire(connection, later)) == set()


def test_an_end_goes_as_soon_as_its_start_has_arrived(app: Flask, north: Company) -> None:
    north.listens(URL, EventType.CALL_STARTED)
    north.listens(URL)
    north.starts()
    north.ends()
    (start,) = claim(app)
    assert start.event is EventType.CALL_STARTED

    assert claim(app) == []
    note(app, finished(start))

    assert [end.event for end in claim(app)] == [EventType.CALL_FINISHED]


def test_an_end_goes_by_itself_when_its_start_takes_too_long(app: Flask, north: Company) -> None:
    north.listens(URL, EventType.CALL_STARTED)
    north.listens(URL)
    north.starts()
    north.ends()
    (start,) = claim(app)
    note(app, finished(start, 500))

    claimed = claim(app, at=now() + timedelta(seconds=11))

    assert {each.event for each in claimed} == {EventType.CALL_STARTED, EventType.CALL_FINISHED}


def test_the_next_due_moment_is_that_of_a_try_or_of_a_lease(app: Flask, north: Company) -> None:
    assert seeing_all(app, lambda connection: queue.next_due(connection, now())) is None
    north.listens(URL)
    north.ends()
    at = now()
    (delivery,) = claim(app, at=at)

    assert seeing_all(app, lambda connection: queue.next_due(connection, at)) == at + LEASE
    note(app, finished(delivery, 500, at=at))
    assert seeing_all(app, lambda connection: queue.next_due(connection, at)) == north.deliveries()[0].due_at


def test_what_failed_when_its_webhook_was_removed_is_cancelled_and_comes_back_with_it(
    app: Flask, north: Company
) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    (delivery,) = claim(app)
    north.does(services.remove_webhook, webhook_id)

    note(app, finished(delivery, 500))
    assert north.deliveries()[0].state == DeliveryState.CANCELLED

    north.does(services.restore_webhook, webhook_id)
    assert north.deliveries()[0].state == DeliveryState.WAITING
    assert [again.id for again in claim(app, at=now() + timedelta(minutes=1))] == [delivery.id]


def test_the_attempts_of_one_round_stand_together_or_not_at_all(
    app: Flask, north: Company, is_postgresql: bool
) -> None:
    north.listens(URL)
    for api_call_id in call_ids(2):
        north.ends(api_call_id)
    one, other = (finished(delivery) for delivery in claim(app))
    # What no database takes: a row without what it must have.
    spoilt = replace(other.exchanged, request_line=None)  # type: ignore[arg-type]
    tries = [one, replace(other, exchanged=spoilt)]

    with pytest.raises(IntegrityError):
        seeing_all(app, lambda connection: complete_plain(connection, tries, is_sqlite=not is_postgresql))

    assert {row.state for row in north.deliveries()} == {DeliveryState.SENDING}
    assert [row.tries for row in north.deliveries()] == [[], []]


def test_what_has_landed_and_is_not_noted_yet_takes_no_room(app: Flask, north: Company) -> None:
    north.listens(URL)
    for api_call_id in call_ids(3):
        north.ends(api_call_id)
    caps = Caps(per_webhook=1, per_account=1, suspects=1)
    (landed,) = claim(app, caps=caps)

    assert claim(app, caps=caps) == []
    (following,) = claim(app, caps=caps, landed=[landed.id])

    assert following.id != landed.id
    assert claim(app, caps=caps, landed=[landed.id]) == []
