"""A webhook that did not send for a while sends again: what it kept goes out, or only the ends of calls, or nothing."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.webhooks import services
from portal.webhooks.backlog import Backlog, BacklogCounts, backlog_counts, resume_webhook
from portal.webhooks.models import DeliveryState, EventType, WebhookDelivery, WebhookSubscription
from tests.webhooks.sending.by_hand import claim, finished, note
from tests.webhooks.world import Company

URL = "https://crm.example/calls"


def paused(north: Company, event: EventType = EventType.CALL_FINISHED) -> int:
    webhook_id = north.listens(URL, event)
    north.does(services.pause_webhook, webhook_id)
    return webhook_id


def resume(app: Flask, north: Company, webhook_id: int, backlog: Backlog) -> None:
    with app.app_context(), transaction(north.id):
        resume_webhook(webhook_id, backlog=backlog)


def states(north: Company) -> list[DeliveryState]:
    return [row.state for row in north.deliveries()]


def test_the_backlog_is_counted(north: Company) -> None:
    ends = paused(north)
    starts = north.listens(URL, EventType.CALL_STARTED)
    north.does(services.pause_webhook, starts)
    north.starts("a" * 32)
    north.ends("a" * 32)
    north.ends("b" * 32)

    assert north.reads(lambda: backlog_counts(ends)) == BacklogCounts(all=2, ends=2)
    assert north.reads(lambda: backlog_counts(starts)) == BacklogCounts(all=1, ends=0)


@pytest.mark.parametrize(
    ("event", "choice", "left"),
    [
        (EventType.CALL_FINISHED, Backlog.ALL, DeliveryState.WAITING),
        (EventType.CALL_FINISHED, Backlog.ENDS, DeliveryState.WAITING),
        (EventType.CALL_FINISHED, Backlog.DROP, DeliveryState.CANCELLED),
        (EventType.CALL_STARTED, Backlog.ALL, DeliveryState.WAITING),
        (EventType.CALL_STARTED, Backlog.ENDS, DeliveryState.CANCELLED),
        (EventType.CALL_STARTED, Backlog.DROP, DeliveryState.CANCELLED),
    ],
)
def test_what_was_chosen_waits_to_be_sent_and_the_rest_is_cancelled(
    app: Flask, north: Company, event: EventType, choice: Backlog, left: DeliveryState
) -> None:
    webhook_id = paused(north, event)
    north.starts("a" * 32)
    north.ends("a" * 32)

    resume(app, north, webhook_id, choice)

    assert states(north) == [left]
    assert len(claim(app)) == (left is DeliveryState.WAITING)


def test_what_comes_after_a_dropped_backlog_is_sent(app: Flask, north: Company) -> None:
    webhook_id = paused(north)
    north.ends("a" * 32)
    resume(app, north, webhook_id, Backlog.DROP)
    north.ends("b" * 32)

    assert [dict(each.parameters)["api_call_id"] for each in claim(app)] == ["b" * 32]


def test_what_was_delivered_or_is_in_the_air_is_left_alone(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    for api_call_id in ("a" * 32, "b" * 32):
        north.ends(api_call_id)
    first, _in_the_air = claim(app)
    note(app, finished(first))
    north.does(services.pause_webhook, webhook_id)

    resume(app, north, webhook_id, Backlog.DROP)

    assert states(north) == [DeliveryState.DELIVERED, DeliveryState.SENDING]


def test_what_a_dead_worker_held_belongs_to_the_backlog(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends("a" * 32)
    (orphan,) = claim(app)
    with app.app_context(), transaction(north.id):
        db.session.get_one(WebhookDelivery, orphan.id).due_at = now() - timedelta(seconds=1)
    north.does(services.pause_webhook, webhook_id)
    assert north.reads(lambda: backlog_counts(webhook_id)).all == 1

    resume(app, north, webhook_id, Backlog.DROP)

    assert states(north) == [DeliveryState.CANCELLED]
    assert note(app, finished(orphan)) == []


def test_one_that_was_failing_gets_a_new_chance_at_once(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends("a" * 32)
    note(app, *(finished(each, 500) for each in claim(app)))
    north.does(services.pause_webhook, webhook_id)
    with app.app_context(), transaction(north.id):
        hook = db.session.get_one(WebhookSubscription, webhook_id)
        hook.failing_since, hook.failures, hook.probe_at = now(), 7, now() + timedelta(minutes=9)

    resume(app, north, webhook_id, Backlog.ALL)

    assert len(claim(app)) == 1
    assert north.webhook(webhook_id).is_failing


def test_the_choice_stands_in_the_audit_trail(app: Flask, north: Company) -> None:
    webhook_id = paused(north)
    north.ends("a" * 32)

    resume(app, north, webhook_id, Backlog.DROP)

    (line,) = north.audit("webhook.resume")
    assert (line.after or {}) == {"state": "active", "backlog": "drop", "dropped": 1}


def test_a_neighbours_backlog_is_nobodys_business(app: Flask, north: Company, south: Company) -> None:
    webhook_id = paused(north)
    north.ends("a" * 32)

    assert south.reads(lambda: backlog_counts(webhook_id)) == BacklogCounts(all=0, ends=0)
