"""The outbox: an event and its deliveries stand or fall with the call, and arise once."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.calls.events import CallFinished
from portal.calls.models import CallRecord
from portal.followups.models import FollowUp
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.events import publish
from portal.webhooks import services
from portal.webhooks.models import DeliveryState, EventType, Lane, WebhookDelivery, WebhookEvent
from portal.webhooks.sending.schedule import START_FIRST
from portal.webhooks.trying import past_calls
from tests.webhooks.world import CALL_ID, Company, call_record

URL = "https://crm.example/calls"
OTHER = "https://crm.example/other"


def events(north: Company) -> list[WebhookEvent]:
    with north.app.app_context(), transaction(north.id, writes=False):
        return list(db.session.scalars(select(WebhookEvent).order_by(WebhookEvent.id)))


def test_each_webhook_of_the_event_gets_a_delivery(north: Company) -> None:
    first, second = north.listens(URL), north.listens(OTHER)
    north.listens(URL, EventType.CALL_STARTED)

    north.ends()

    deliveries = north.deliveries()
    assert [delivery.subscription_id for delivery in deliveries] == [first, second]
    assert {delivery.state for delivery in deliveries} == {DeliveryState.WAITING}
    assert {delivery.lane for delivery in deliveries} == {Lane.END}
    assert len({delivery.public_id for delivery in deliveries}) == 2


def test_an_event_is_kept_when_nobody_listens(north: Company) -> None:
    north.ends()

    (event,) = events(north)
    assert event.api_call_id == CALL_ID
    assert ["num_b", "SIP/0000000672"] in event.parameters
    assert north.deliveries() == []


def test_the_same_event_again_changes_nothing(north: Company) -> None:
    north.listens(URL)
    north.ends()
    (before,) = north.deliveries()

    north.ends()
    north.listens(OTHER)
    north.ends()

    (after,) = north.deliveries()
    assert after.public_id == before.public_id
    assert len(events(north)) == 1


def test_the_rows_hold_each_event_once_whoever_writes_them(north: Company) -> None:
    north.ends()

    with north.app.app_context(), pytest.raises(IntegrityError), transaction(north.id):
        db.session.add(WebhookEvent(type=EventType.CALL_FINISHED, api_call_id=CALL_ID, parameters=[]))


def test_a_call_that_is_not_written_leaves_nothing_to_deliver(app: Flask, north: Company) -> None:
    north.listens(URL)

    def end_and_fall() -> None:
        with app.app_context(), transaction(north.id):
            call = call_record()
            db.session.add(call)
            db.session.flush()
            publish(CallFinished(call))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        end_and_fall()

    assert north.deliveries() == []
    assert events(north) == []
    with app.app_context(), transaction(north.id, writes=False):
        assert db.session.scalar(select(func.count(CallRecord.id))) == 0


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("outgoing", [EventType.OUTGOING_STARTED, EventType.CALL_FINISHED]),
        ("internal", [EventType.CALL_FINISHED]),
    ],
)
def test_only_incoming_calls_have_a_start(north: Company, kind: str, told: list[EventType]) -> None:
    north.listens(URL, EventType.CALL_STARTED)

    north.starts(kind=kind)
    north.ends()

    assert [event.type for event in events(north)] == told
    assert north.deliveries() == []


@pytest.mark.parametrize(
    ("outcome", "is_told"),
    [
        ("missed", True),
        ("closed", True),
        ("failed", True),
        ("interrupted", True),
        ("blocked", False),
        ("answered", False),
    ],
)
def test_a_call_is_missed_where_nobody_talked_to_the_caller_and_opens_a_follow_up_then(
    north: Company, outcome: str, *, is_told: bool
) -> None:
    webhook_id = north.listens(URL, EventType.CALL_MISSED)
    facts: dict[str, Any] = {} if outcome == "answered" else {"answered_at": None, "callee": None, "talk_seconds": None}

    north.ends(outcome=outcome, **facts)

    assert (EventType.CALL_MISSED in {event.type for event in events(north)}) is is_told
    assert [each.subscription_id for each in north.deliveries()] == [webhook_id] * is_told
    assert len(north.reads(lambda: db.session.scalars(select(FollowUp)).all())) == is_told
    assert len(north.reads(lambda: past_calls(EventType.CALL_MISSED))) == is_told


def test_a_start_is_worth_a_minute_from_the_call_however_late_it_is_written(north: Company) -> None:
    north.listens(URL, EventType.CALL_STARTED)
    started_at = now() - timedelta(seconds=40)

    north.starts(started_at=started_at)

    (delivery,) = north.deliveries()
    assert delivery.expires_at == started_at + timedelta(seconds=60)


def test_a_paused_webhook_collects_and_a_removed_one_does_not(north: Company) -> None:
    paused, removed = north.listens(URL), north.listens(OTHER)
    north.does(services.pause_webhook, paused)
    north.does(services.remove_webhook, removed)

    north.ends()

    assert [delivery.subscription_id for delivery in north.deliveries()] == [paused]


def test_another_accounts_webhooks_hear_nothing(north: Company, south: Company) -> None:
    south.listens(URL)

    north.ends()

    assert south.deliveries() == []


def test_an_end_waits_a_bounded_time_for_its_start_at_the_same_url(north: Company) -> None:
    north.listens(URL, EventType.CALL_STARTED)
    behind, free = north.listens(URL), north.listens(OTHER)

    north.starts()
    north.ends()

    start, *ends = north.deliveries()
    by_webhook = {end.subscription_id: end for end in ends}
    assert by_webhook[behind].waits_for_id == start.id
    assert by_webhook[behind].due_at == by_webhook[behind].created_at + START_FIRST
    assert by_webhook[free].waits_for_id is None
    assert by_webhook[free].due_at == by_webhook[free].created_at


def test_an_end_waits_for_no_start_that_is_not_under_way(north: Company) -> None:
    north.listens(URL, EventType.CALL_STARTED)
    north.listens(URL)

    north.starts(started_at=now() - timedelta(minutes=5))
    north.ends()

    _start, end = north.deliveries()
    assert end.waits_for_id is None


def test_a_delivery_belongs_to_a_webhook_and_an_event_once(north: Company) -> None:
    north.listens(URL)
    north.ends()
    (delivery,) = north.deliveries()

    twin = WebhookDelivery(
        subscription_id=delivery.subscription_id, event_id=delivery.event_id, public_id="msg_twin", lane=Lane.END
    )
    with north.app.app_context(), pytest.raises(IntegrityError), transaction(north.id):
        db.session.add(twin)
