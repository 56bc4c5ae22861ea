"""A delivery is sent again by hand, under the id that the receiver knows it by."""

from datetime import timedelta

from flask import Flask

from portal.kernel.clock import now
from portal.webhooks import services
from portal.webhooks.models import DeliveryState, EventType, Lane
from tests.browser import Browser
from tests.support.receiver import Answer, Receiver
from tests.webhooks.sending.by_hand import claim, finished, note
from tests.webhooks.world import Company, working

URL = "http://127.0.0.1/calls"


def delivered(app: Flask, north: Company, event: EventType = EventType.CALL_FINISHED) -> tuple[int, int]:
    """Webhook and delivery, which has arrived."""
    webhook_id = north.listens(URL, event)
    north.starts()
    north.ends()
    note(app, *(finished(each) for each in claim(app)))
    return webhook_id, north.deliveries()[0].id


def test_it_is_sent_at_once_under_the_same_id(app: Flask, anna: Browser, north: Company, receiver: Receiver) -> None:
    webhook_id = north.listens(f"{receiver.url}/x")
    # By itself it would be tried again in an hour.
    receiver.answer(Answer(500, headers={"Retry-After": "3600"}), Answer(200))

    with working(app):
        north.ends()
        (delivery,) = north.wait_for_attempts(1)
        answer = anna.submit(f"/webhooks/{webhook_id}/deliveries/{delivery.id}/repeat")
        assert answer.location == f"/webhooks/{webhook_id}/deliveries/{delivery.id}"
        north.wait_until(DeliveryState.DELIVERED)

    assert [request.headers["webhook-id"] for request in receiver.requests] == [delivery.public_id] * 2


def test_a_repeat_of_what_was_over_has_a_whole_round_of_tries_behind_the_others(
    app: Flask, anna: Browser, north: Company
) -> None:
    webhook_id, delivery_id = delivered(app, north)

    anna.submit(f"/webhooks/{webhook_id}/deliveries/{delivery_id}/repeat")

    (delivery,) = north.deliveries()
    assert (delivery.state, delivery.lane, delivery.step) == (DeliveryState.WAITING, Lane.REPEAT, 0)
    assert (delivery.attempts, delivery.finished_at) == (1, None)


def test_a_repeated_start_is_worth_another_minute(app: Flask, anna: Browser, north: Company) -> None:
    webhook_id, delivery_id = delivered(app, north, EventType.CALL_STARTED)
    before = now()

    anna.submit(f"/webhooks/{webhook_id}/deliveries/{delivery_id}/repeat")

    (delivery,) = north.deliveries()
    assert delivery.expires_at is not None
    assert delivery.expires_at >= before + timedelta(seconds=60)


def test_what_waits_goes_now_and_stays_one_delivery(app: Flask, anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    note(app, *(finished(each, 500) for each in claim(app)))
    (delivery,) = north.deliveries()

    anna.submit(f"/webhooks/{webhook_id}/deliveries/{delivery.id}/repeat")

    (after,) = north.deliveries()
    assert (after.step, after.lane) == (1, Lane.END)
    assert after.due_at <= now()


def test_it_is_refused_while_it_is_being_sent(app: Flask, anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    (held,) = claim(app)

    assert anna.submit(f"/webhooks/{webhook_id}/deliveries/{held.id}/repeat").status_code == 409
    note(app, finished(held))
    assert north.deliveries()[0].state == DeliveryState.DELIVERED


def test_it_is_refused_while_its_webhook_is_paused(app: Flask, anna: Browser, north: Company) -> None:
    webhook_id, delivery_id = delivered(app, north)
    north.does(services.pause_webhook, webhook_id)

    assert anna.submit(f"/webhooks/{webhook_id}/deliveries/{delivery_id}/repeat").status_code == 409
    assert north.deliveries()[0].state == DeliveryState.DELIVERED


def test_a_viewer_may_not(app: Flask, boris: Browser, north: Company) -> None:
    webhook_id, delivery_id = delivered(app, north)

    assert boris.submit(f"/webhooks/{webhook_id}/deliveries/{delivery_id}/repeat").status_code == 403


def test_a_stranger_finds_no_such_delivery_also_under_a_webhook_of_her_own(
    app: Flask, clara: Browser, north: Company, south: Company
) -> None:
    webhook_id, delivery_id = delivered(app, north)
    own = south.listens(URL)

    for hook in (webhook_id, own):
        assert clara.submit(f"/webhooks/{hook}/deliveries/{delivery_id}/repeat").status_code == 404
    assert north.deliveries()[0].state == DeliveryState.DELIVERED


def test_it_leaves_a_line_in_the_audit_trail(app: Flask, anna: Browser, north: Company) -> None:
    webhook_id, delivery_id = delivered(app, north)

    anna.submit(f"/webhooks/{webhook_id}/deliveries/{delivery_id}/repeat")

    (line,) = north.audit("webhook.repeat")
    assert line.after == {"delivery": north.deliveries()[0].public_id}
