"""A webhook with a rate gets no more than that, whatever waits and however many workers there are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from flask import Flask

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.webhooks.models import DeliveryState, EventType, WebhookSubscription
from portal.webhooks.sending import queue
from tests.webhooks.sending.by_hand import claim, finished, note, seeing_all
from tests.webhooks.world import Company

URL = "https://crm.example/calls"


def paced(app: Flask, north: Company, per_minute: int, event: EventType = EventType.CALL_FINISHED) -> int:
    webhook_id = north.listens(URL, event)
    with app.app_context(), transaction(north.id):
        db.session.get_one(WebhookSubscription, webhook_id).rate_per_minute = per_minute
    return webhook_id


def test_one_goes_out_and_the_next_when_its_turn_comes(app: Flask, north: Company) -> None:
    webhook_id = paced(app, north, 30)
    for number in range(5):
        north.ends(f"{number:032x}")
    at = now()

    assert len(claim(app, at=at)) == 1
    assert claim(app, at=at + timedelta(seconds=1.9)) == []
    assert north.webhook(webhook_id).next_send_at == at + timedelta(seconds=2)
    assert len(claim(app, at=at + timedelta(seconds=2))) == 1


def test_an_hour_of_backlog_goes_out_in_an_hour_in_its_order_and_spends_no_try(app: Flask, north: Company) -> None:
    paced(app, north, 6)
    for number in range(12):
        north.ends(f"{number:032x}")
    at, sent = now(), []
    for second in range(120):
        moment = at + timedelta(seconds=second)
        for each in claim(app, at=moment):
            sent.append((second, each.id))
            note(app, finished(each, at=moment))

    assert [second for second, _ in sent] == list(range(0, 120, 10))
    assert [each for _, each in sent] == [row.id for row in north.deliveries()]
    assert {row.attempts for row in north.deliveries()} == {1}


def test_workers_share_the_rate(app: Flask, north: Company) -> None:
    paced(app, north, 60)
    for number in range(8):
        north.ends(f"{number:032x}")
    at = now()

    with ThreadPoolExecutor(4) as workers:
        taken = [each for found in workers.map(lambda _: claim(app, at=at), range(8)) for each in found]

    assert len(taken) == 1
    assert sum(row.state == DeliveryState.SENDING for row in north.deliveries()) == 1


def test_the_worker_looks_again_when_the_turn_comes(app: Flask, north: Company) -> None:
    paced(app, north, 1)
    north.ends("a" * 32)
    north.ends("b" * 32)
    at = now()
    (first,) = claim(app, at=at)
    note(app, finished(first, at=at))

    assert seeing_all(app, lambda connection: queue.next_due(connection, at)) == at + timedelta(minutes=1)


def test_a_rate_holds_up_no_other_webhook(app: Flask, north: Company) -> None:
    paced(app, north, 1)
    north.listens(f"{URL}/other")
    for number in range(4):
        north.ends(f"{number:032x}")

    assert sorted(each.url.removeprefix(URL) for each in claim(app)) == ["", *["/other"] * 4]
