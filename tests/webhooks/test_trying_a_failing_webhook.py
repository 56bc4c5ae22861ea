"""A test of a webhook that fails: whoever presses is answered at once, by one try, and not by the next probe."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

from flask import Flask

from portal.kernel.clock import now
from portal.webhooks import services, trying
from portal.webhooks.models import DeliveryState, EventType, WebhookDelivery
from portal.webhooks.sending.schedule import END
from tests.browser import Browser
from tests.support.receiver import Receiver
from tests.webhooks.sending.by_hand import claim, fails_steadily, finished, note
from tests.webhooks.test_changing_a_webhook import form
from tests.webhooks.world import CALL_ID, Company, working

URL = "https://crm.example/calls"


def the_test(north: Company) -> WebhookDelivery:
    """The delivery that is a test."""
    (found,) = [each for each in north.deliveries() if each.is_test]
    return found


def tried_failing(app: Flask, north: Company) -> int:
    """A webhook behind its breaker, and a test of it."""
    webhook_id = north.listens(URL)
    north.ends()
    fails_steadily(app, north)
    north.does(trying.send_test, webhook_id, CALL_ID)
    return webhook_id


def test_it_goes_out_at_once_before_the_oldest_end_as_the_probe(app: Flask, north: Company) -> None:
    webhook_id = tried_failing(app, north)

    (probe,) = claim(app)
    assert (probe.id, probe.is_probe) == (the_test(north).id, True)
    assert claim(app) == []

    note(app, finished(probe))
    assert the_test(north).state == DeliveryState.DELIVERED
    assert not north.webhook(webhook_id).is_failing
    assert len(claim(app)) == len(north.deliveries()) - 1


def test_it_is_tried_once_and_the_next_probe_is_a_call_again(app: Flask, north: Company) -> None:
    webhook_id = tried_failing(app, north)

    note(app, *(finished(each, 500) for each in claim(app)))
    assert the_test(north).state == DeliveryState.FAILED
    probe_at = north.webhook(webhook_id).probe_at
    assert probe_at is not None
    assert probe_at > now()
    assert [each.id for each in claim(app, at=probe_at)] == [north.deliveries()[0].id]


def test_a_probe_in_the_air_does_not_put_it_off(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    fails_steadily(app, north)
    began = north.webhook(webhook_id).probe_at
    assert began is not None
    (probe,) = claim(app, at=began)
    pressed = began + timedelta(seconds=3)

    with patch.object(trying, "now", lambda: pressed):
        north.does(trying.send_test, webhook_id, CALL_ID)
    note(app, finished(probe, 500, at=began))

    assert [each.id for each in claim(app, at=pressed)] == [the_test(north).id]


def test_a_repeated_test_is_tried_once_again(app: Flask, anna: Browser, north: Company) -> None:
    webhook_id = tried_failing(app, north)
    note(app, *(finished(each, 500) for each in claim(app)))
    anna.submit(f"/webhooks/{webhook_id}/deliveries/{the_test(north).id}/repeat")

    (probe,) = claim(app)
    note(app, finished(probe, 500))

    assert probe.id == the_test(north).id
    assert (the_test(north).state, the_test(north).attempts) == (DeliveryState.FAILED, 2)


def test_a_repeated_test_of_a_sound_webhook_has_no_three_days(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    note(app, *(finished(each) for each in claim(app)))
    north.does(trying.send_test, webhook_id, CALL_ID)
    note(app, *(finished(each, 500) for each in claim(app)))
    north.does(services.repeat_delivery, webhook_id, the_test(north).id)
    note(app, *(finished(each, 500) for each in claim(app)))

    assert (the_test(north).state, the_test(north).step) == (DeliveryState.FAILED, END.last_step + 1)


def test_a_receiver_that_is_back_is_told_of_all_when_somebody_tries_it(
    app: Flask, anna: Browser, north: Company, receiver: Receiver
) -> None:
    webhook_id = north.listens(receiver.url)
    north.ends()
    fails_steadily(app, north)

    with working(app):
        anna.submit(f"/webhooks/{webhook_id}/test", {"api_call_id": CALL_ID})
        north.wait_until(DeliveryState.DELIVERED, len(north.deliveries()))

    assert receiver.requests[0].headers["webhook-test"] == "true"


def test_a_delivery_is_repeated_as_what_it_tells_and_not_as_what_its_webhook_tells_by_now(
    app: Flask, anna: Browser, north: Company
) -> None:
    webhook_id = north.listens(URL, EventType.CALL_STARTED)
    north.starts()
    note(app, *(finished(each) for each in claim(app)))
    anna.submit(f"/webhooks/{webhook_id}/edit", form(url="http://127.0.0.1/calls", event="call-finished"))
    before = now()

    north.does(services.repeat_delivery, webhook_id, north.deliveries()[0].id)

    (delivery,) = north.deliveries()
    assert delivery.expires_at is not None
    assert delivery.expires_at > before
