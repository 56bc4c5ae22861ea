"""What a claim and a note cost must not depend on how much else there is."""

from flask import Flask

from portal.kernel.clock import now
from portal.kernel.db import db
from portal.webhooks.models import DeliveryState, EventType, Lane, WebhookDelivery, WebhookEvent
from tests.webhooks.sending.by_hand import claim, seeing_all
from tests.webhooks.sending.price import price_of_a_claim, price_of_a_note
from tests.webhooks.world import Company

URL = "https://crm.example/calls"


def test_the_price_of_a_claim_does_not_grow_with_a_backlog(app: Flask, north: Company) -> None:
    """A receiver that is down leaves thousands behind; whoever claims for the others must not read them."""
    webhook_id = north.listens(URL)
    north.does(_has_deliveries, webhook_id, range(50), DeliveryState.WAITING)
    few = seeing_all(app, price_of_a_claim, is_whole=True)
    north.does(_has_deliveries, webhook_id, range(50, 2000), DeliveryState.WAITING)

    many = seeing_all(app, price_of_a_claim, is_whole=True)

    assert few > 0
    assert many <= 2 * few + 10


def test_the_price_of_a_note_does_not_grow_with_what_was_sent_before(app: Flask, north: Company) -> None:
    """Row security keeps an index from whatever it does not know to be safe: then all deliveries are read each time."""
    webhook_id = north.listens(URL)
    north.ends()
    (delivery,) = claim(app)
    few = seeing_all(app, lambda connection: price_of_a_note(connection, delivery), is_whole=True)
    north.does(_has_deliveries, webhook_id, range(2000), DeliveryState.DELIVERED)

    many = seeing_all(app, lambda connection: price_of_a_note(connection, delivery), is_whole=True)

    assert few > 0
    assert many <= 2 * few + 10


def _has_deliveries(webhook_id: int, numbers: range, state: DeliveryState) -> None:
    facts = {"type": EventType.CALL_FINISHED, "parameters": [], "happened_at": now()}
    events = [WebhookEvent(api_call_id=f"{number:032x}", **facts) for number in numbers]
    db.session.add_all(events)
    db.session.flush()
    db.session.add_all(
        WebhookDelivery(
            subscription_id=webhook_id, event_id=each.id, public_id=f"msg_{each.id}", lane=Lane.END, state=state
        )
        for each in events
    )
