"""A webhook goes with one press and comes back with another, with what it had still to send."""

import json

from flask import Flask

from portal.kernel.clock import now
from portal.webhooks import backlog, services
from portal.webhooks.models import DeliveryState
from portal.webhooks.queries import webhook_list
from tests.browser import Browser
from tests.support.receiver import Receiver
from tests.webhooks.world import Company, working

URL = "http://127.0.0.1/calls"


def ids(north: Company) -> list[int]:
    return [row.webhook.id for row in north.reads(webhook_list)]


def test_it_leaves_the_list_and_can_be_taken_back_from_the_toast(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    answer = anna.submit(f"/webhooks/{webhook_id}/remove", htmx=True)

    assert answer.status_code == 200
    assert URL not in answer.text
    undo = json.loads(answer.headers["HX-Trigger"])["portal:toast"]["undo"]
    assert anna.submit(undo).status_code == 303
    assert ids(north) == [webhook_id]


def test_without_scripts_the_next_page_offers_to_take_it_back(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    answer = anna.submit(f"/webhooks/{webhook_id}/remove", {"back": "/webhooks"})

    assert (answer.status_code, answer.location) == (303, "/webhooks")
    assert f'action="/webhooks/{webhook_id}/restore?back=/webhooks"' in anna.get("/webhooks").text


def test_what_it_had_to_send_waits_again_when_it_is_back(app: Flask, north: Company, receiver: Receiver) -> None:
    webhook_id = north.listens(f"{receiver.url}/x")
    north.ends()

    with working(app):
        north.wait_until(DeliveryState.DELIVERED)
        north.does(services.pause_webhook, webhook_id)
        north.ends("a" * 32)
        north.does(services.remove_webhook, webhook_id)
        assert [row.state for row in north.deliveries()] == [DeliveryState.DELIVERED, DeliveryState.CANCELLED]
        north.does(services.restore_webhook, webhook_id)
        assert [row.state for row in north.deliveries()] == [DeliveryState.DELIVERED, DeliveryState.WAITING]
        north.does(backlog.resume_webhook, webhook_id)
        north.wait_until(DeliveryState.DELIVERED, 2)


def test_its_deliveries_stay_readable(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    north.does(services.remove_webhook, webhook_id)

    page = english_anna.get(f"/webhooks/{webhook_id}")

    assert "This webhook was removed" in page.text
    assert "cancelled" in page.text


def test_it_stays_removed_when_its_twin_was_added_meanwhile(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.does(services.remove_webhook, webhook_id)
    twin = north.listens(URL)

    assert anna.submit(f"/webhooks/{webhook_id}/restore").status_code == 409
    assert ids(north) == [twin]


def test_restoring_twice_is_restoring_once(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.does(services.remove_webhook, webhook_id)

    for _ in range(2):
        assert anna.submit(f"/webhooks/{webhook_id}/restore").status_code == 303

    assert ids(north) == [webhook_id]
    assert len(north.audit("webhook.restore")) == 1


def test_removing_twice_says_that_there_is_no_such_webhook(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    anna.submit(f"/webhooks/{webhook_id}/remove")

    assert anna.submit(f"/webhooks/{webhook_id}/remove").status_code == 404


def test_a_viewer_may_not(boris: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    for act in ("remove", "restore"):
        assert boris.submit(f"/webhooks/{webhook_id}/{act}").status_code == 403
    assert ids(north) == [webhook_id]


def test_a_stranger_finds_nothing_to_remove(clara: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    for act in ("remove", "restore"):
        assert clara.submit(f"/webhooks/{webhook_id}/{act}").status_code == 404
    assert ids(north) == [webhook_id]


def test_nobody_is_sent_to_a_page_of_another_site_afterwards(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    answer = anna.submit(f"/webhooks/{webhook_id}/remove", {"back": "//evil.example/"})

    assert answer.location == "/webhooks"


def test_both_leave_a_line_in_the_audit_trail(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    before = now()
    anna.submit(f"/webhooks/{webhook_id}/remove")
    anna.submit(f"/webhooks/{webhook_id}/restore")

    for action in ("webhook.remove", "webhook.restore"):
        (line,) = north.audit(action)
        assert (line.actor, line.subject) == ("anna@north.example", URL)
        assert line.at >= before
