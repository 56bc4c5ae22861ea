"""What is old goes: bodies before facts, what is to be sent never, and nobody waits for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.webhooks import services
from portal.webhooks.models import DeliveryAttempt, DeliveryState, WebhookDelivery, WebhookEvent
from portal.webhooks.sending import retention
from portal.webhooks.sending.retention import BATCH, EVERY_SECONDS, Sweeper, delete_facts, strip_bodies
from tests.support.receiver import Answer, Receiver
from tests.webhooks.sending.by_hand import claim, finished, note
from tests.webhooks.world import Company, until, working

URL = "https://crm.example/calls"


def delivered(app: Flask, north: Company, count: int, at: datetime) -> None:
    """So many calls that ended at that moment and were told."""
    for number in range(count):
        north.ends(f"{number:032x}", ended_at=at, started_at=at)
    note(app, *(finished(each) for each in claim(app, 1000)))
    with app.app_context(), transaction(north.id):
        for row in db.session.scalars(select(DeliveryAttempt)):
            row.started_at, row.response_body = at, "thank you"


def strip(app: Flask) -> int:
    """The bodies of what is older than 30 days."""
    with app.app_context(), transaction(everything="webhook dispatch"):
        return strip_bodies(now() - timedelta(days=30))


def forget(app: Flask, days: int = 400) -> object:
    """What is older than that."""
    with app.app_context():
        return delete_facts(now() - timedelta(days=days))


def sweep(app: Flask, sweeper: Sweeper) -> float:
    with app.app_context():
        return sweeper.sweep()


def counts(north: Company) -> tuple[int, ...]:
    tables = (WebhookEvent, WebhookDelivery, DeliveryAttempt)
    return north.reads(lambda: tuple(db.session.scalar(select(func.count()).select_from(each)) or 0 for each in tables))


def bodies(north: Company) -> list[str | None]:
    return [attempt.response_body for row in north.deliveries() for attempt in row.tries]


def test_the_bodies_of_old_tries_go_and_the_facts_stay(app: Flask, north: Company) -> None:
    north.listens(URL)
    delivered(app, north, 2, now() - timedelta(days=31))

    assert strip(app) == 2

    assert bodies(north) == [None, None]
    assert counts(north) == (2, 2, 2)
    assert [row.last_status for row in north.deliveries()] == [200, 200]


def test_bodies_that_are_young_enough_stay(app: Flask, north: Company) -> None:
    north.listens(URL)
    delivered(app, north, 2, now() - timedelta(days=29))

    assert strip(app) == 0
    assert bodies(north) == ["thank you"] * 2


def test_old_events_go_with_all_that_belongs_to_them(app: Flask, north: Company) -> None:
    north.listens(URL)
    delivered(app, north, 3, now() - timedelta(days=401))
    north.ends("f" * 32)

    assert forget(app) is None

    assert counts(north) == (1, 1, 0)


def test_an_event_that_nobody_listened_to_goes_as_well(app: Flask, north: Company) -> None:
    moment = now() - timedelta(days=401)
    north.ends("a" * 32, ended_at=moment, started_at=moment)

    forget(app)

    assert counts(north) == (0, 0, 0)


def test_what_is_still_to_be_sent_stays_however_old(app: Flask, north: Company) -> None:
    north.does(services.pause_webhook, north.listens(URL))
    moment = now() - timedelta(days=900)
    north.ends("a" * 32, ended_at=moment, started_at=moment)

    forget(app)

    assert [row.state for row in north.deliveries()] == [DeliveryState.WAITING]


def test_a_long_past_goes_batch_by_batch_and_what_stays_is_passed_by(app: Flask, north: Company) -> None:
    moment = now() - timedelta(days=900)
    north.does(services.pause_webhook, north.listens(URL))
    north.ends("f" * 32, ended_at=moment, started_at=moment)
    with app.app_context(), transaction(north.id) as session:
        session.add_all(
            WebhookEvent(type="call-finished", api_call_id=f"{number:032x}", parameters=[], happened_at=moment)
            for number in range(2 * BATCH)
        )
    sweeper = Sweeper(app)

    pauses = [sweep(app, sweeper) for _ in range(3)]

    assert [pause < EVERY_SECONDS for pause in pauses] == [True, True, False]
    assert counts(north) == (1, 1, 0)


def test_each_batch_is_a_transaction_of_its_own(app: Flask, north: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call can be written and a notice be claimed between any two of them."""
    moment = now() - timedelta(days=900)
    with app.app_context(), transaction(north.id) as session:
        session.add_all(
            WebhookEvent(type="call-finished", api_call_id=f"{number:032x}", parameters=[], happened_at=moment)
            for number in range(BATCH)
        )
    touched: list[int] = []
    delete_of: Callable[..., None] = retention._delete_events

    def counting(events: list[int]) -> None:
        touched.append(len(events))
        delete_of(events)

    monkeypatch.setattr(retention, "_delete_events", counting)
    sweep(app, Sweeper(app))

    assert touched == [BATCH]
    assert counts(north) == (0, 0, 0)


def test_the_settings_say_how_long(app: Flask, north: Company) -> None:
    north.listens(URL)
    delivered(app, north, 1, now() - timedelta(days=5))
    settings = app.extensions["portal.settings"]
    app.extensions["portal.settings"] = replace(settings, webhook_body_days=4, webhook_days=6)
    try:
        sweep(app, Sweeper(app))
        assert (bodies(north), counts(north)) == ([None], (1, 1, 1))
        app.extensions["portal.settings"] = replace(settings, webhook_body_days=4, webhook_days=4)
        sweep(app, Sweeper(app))
        assert counts(north) == (0, 0, 0)
    finally:
        app.extensions["portal.settings"] = settings


def test_the_worker_sweeps_while_it_sends(app: Flask, north: Company, receiver: Receiver) -> None:
    receiver.answer(Answer(200))
    moment = now() - timedelta(days=900)
    with app.app_context(), transaction(north.id) as session:
        session.add_all(
            WebhookEvent(type="call-finished", api_call_id=f"{number:032x}", parameters=[], happened_at=moment)
            for number in range(3 * BATCH)
        )
    north.listens(f"{receiver.url}/x")

    with working(app):
        for number in range(1000, 1010):
            north.ends(f"{number:032x}")
        north.wait_until(DeliveryState.DELIVERED, 10)
        until(lambda: counts(north)[0] <= 10, "old events are still there")

    assert counts(north) == (10, 10, 10)
