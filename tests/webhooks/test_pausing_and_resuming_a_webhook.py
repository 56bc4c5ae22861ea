"""A webhook is paused and resumed; what comes meanwhile is kept."""

import pytest
from flask import Flask

from portal.webhooks import services
from portal.webhooks.models import DeliveryState, SubscriptionState
from tests.browser import Browser
from tests.webhooks.sending.by_hand import claim, finished, note
from tests.webhooks.world import Company

URL = "http://127.0.0.1/calls"


def test_a_paused_webhook_says_so_and_how_much_it_keeps(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    assert english_anna.submit(f"/webhooks/{webhook_id}/pause").status_code == 303
    north.ends()

    assert north.webhook(webhook_id).state == SubscriptionState.PAUSED
    assert "paused" in english_anna.get("/webhooks").text
    page = english_anna.get(f"/webhooks/{webhook_id}").text
    assert "This webhook is paused." in page
    assert "1 waiting" in page
    assert "kept until the webhook is resumed" in page


def test_it_sends_again_when_it_is_resumed(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.does(services.pause_webhook, webhook_id)

    answer = anna.submit(f"/webhooks/{webhook_id}/resume", htmx=True)

    assert answer.status_code == 200
    assert f"/webhooks/{webhook_id}/pause" in answer.text
    assert north.webhook(webhook_id).state == SubscriptionState.ACTIVE


def test_a_switched_off_one_says_why_and_can_be_resumed(app: Flask, english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    note(app, *(finished(delivery, 410) for delivery in claim(app)))

    assert "answered 410" in english_anna.get(f"/webhooks/{webhook_id}").text
    english_anna.submit(f"/webhooks/{webhook_id}/resume")

    assert north.webhook(webhook_id).state == SubscriptionState.ACTIVE
    assert [line.actor for line in north.audit("webhook.switch-off")] == ["system"]


def test_a_paused_one_is_not_switched_off_behind_the_admins_back(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    claimed = claim(app)
    north.does(services.pause_webhook, webhook_id)

    note(app, *(finished(delivery, 410) for delivery in claimed))

    assert north.webhook(webhook_id).state == SubscriptionState.PAUSED


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_doing_it_twice_is_doing_it_once(anna: Browser, north: Company, act: str) -> None:
    webhook_id = north.listens(URL)
    if act == "resume":
        north.does(services.pause_webhook, webhook_id)

    for _ in range(2):
        assert anna.submit(f"/webhooks/{webhook_id}/{act}").status_code == 303

    assert len(north.audit(f"webhook.{act}")) == 1


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_a_viewer_may_not(boris: Browser, north: Company, act: str) -> None:
    assert boris.submit(f"/webhooks/{north.listens(URL)}/{act}").status_code == 403


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_a_stranger_finds_no_such_webhook(clara: Browser, north: Company, act: str) -> None:
    webhook_id = north.listens(URL)

    assert clara.submit(f"/webhooks/{webhook_id}/{act}").status_code == 404
    assert north.webhook(webhook_id).state == SubscriptionState.ACTIVE


def test_the_undo_of_a_pause_resumes(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    anna.submit(f"/webhooks/{webhook_id}/pause", {"back": "/webhooks"})

    assert f'action="/webhooks/{webhook_id}/resume?back=/webhooks"' in anna.get("/webhooks").text
    assert [row.state for row in north.deliveries()] == [DeliveryState.WAITING]
