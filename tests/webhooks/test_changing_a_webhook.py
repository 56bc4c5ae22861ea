"""The settings of a webhook: method, headers, limit, which calls; and its secret."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from standardwebhooks import Webhook

from portal.kernel.db import db
from portal.webhooks.models import DeliveryState, EventType, WebhookSubscription
from tests.browser import Browser
from tests.support.receiver import Receiver
from tests.webhooks.world import Company, working

URL = "http://127.0.0.1/calls"


def form(**changes: Any) -> dict[str, Any]:
    return {"url": URL, "event": "call-finished", "method": "GET", "headers": "", "rate_per_minute": "", **changes}


def test_the_form_shows_what_is_and_keeps_what_is_entered(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    answer = english_anna.submit(
        f"/webhooks/{webhook_id}/edit",
        form(method="POST", headers="X-Tenant: 7\nAuthorization: Bearer s3cret", rate_per_minute="30"),
    )

    assert answer.status_code == 303
    hook = north.webhook(webhook_id)
    assert (hook.method, hook.rate_per_minute) == ("POST", 30)
    page = english_anna.get(f"/webhooks/{webhook_id}/edit").text
    assert "X-Tenant: 7\nAuthorization: ***" in page
    assert "s3cret" not in page
    assert "s3cret" not in str(hook.headers)
    (line,) = north.audit("webhook.edit")
    assert "s3cret" not in str(line.after)


def test_the_mask_keeps_the_value_that_is_stored(app: Flask, anna: Browser, north: Company, receiver: Receiver) -> None:
    webhook_id = north.listens(receiver.url)
    url = f"/webhooks/{webhook_id}/edit"
    anna.submit(url, form(url=receiver.url, headers="X-Api-Key: s3cret"))
    anna.submit(url, form(url=receiver.url, headers="X-Api-Key: ***\nX-More: 1"))

    north.ends()
    with working(app):
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert receiver.requests[0].headers["X-Api-Key"] == "s3cret"
    assert receiver.requests[0].headers["X-More"] == "1"
    assert "s3cret" not in anna.get(f"/webhooks/{webhook_id}/deliveries/{delivery.id}").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "ftp://x"}, "Only https"),
        ({"headers": "no colon"}, "as Name: value"),
        ({"headers": "Host: evil"}, "ours to set"),
        ({"headers": "webhook-signature: x"}, "ours to set"),
        ({"headers": "X-A: 1\nx-a: 2"}, "stands there twice"),
        ({"headers": "X-Key: ***"}, "none to keep"),
        ({"rate_per_minute": "0"}, "between 1"),
        ({"event": "call-missed", "outcomes": ["answered"]}, "when the call has ended"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(
    english_anna: Browser, north: Company, changes: dict[str, Any], words: str
) -> None:
    webhook_id = north.listens(URL)

    answer = english_anna.submit(f"/webhooks/{webhook_id}/edit", form(**changes))

    assert answer.status_code == 422
    assert words in answer.text
    assert north.webhook(webhook_id).headers in (None, [])


def test_the_secret_is_shown_on_demand_and_signs_what_is_sent(
    app: Flask, anna: Browser, north: Company, receiver: Receiver
) -> None:
    webhook_id = north.listens(receiver.url)
    anna.submit(f"/webhooks/{webhook_id}/edit", form(url=receiver.url, method="POST"))
    assert "whsec_•••" in anna.get(f"/webhooks/{webhook_id}/edit").text

    shown = anna.submit(f"/webhooks/{webhook_id}/secret/reveal", htmx=True).text
    old = re.search(r"whsec_[A-Za-z0-9+/=]{20,}", shown)
    assert old
    anna.submit(f"/webhooks/{webhook_id}/secret/rotate", {"overlap": "24"})
    new = re.search(r"whsec_[A-Za-z0-9+/=]{20,}", anna.submit(f"/webhooks/{webhook_id}/secret/reveal").text)
    assert new
    assert new[0] != old[0]

    north.ends()
    with working(app):
        north.wait_until(DeliveryState.DELIVERED)
    (request,) = receiver.requests
    for secret in (old[0], new[0]):
        Webhook(secret).verify(request.body, dict(request.headers.items()))
    assert len(north.audit("webhook.reveal-secret")) == 2


def test_a_webhook_hears_only_of_the_calls_that_were_chosen(anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.does(_choose, webhook_id)

    north.ends("a" * 32, did="74950000001")
    north.ends("b" * 32, did="74950000002")
    north.ends("c" * 32, did="74950000001", outcome="missed", answered_at=None, callee=None)

    assert [each.event.api_call_id for each in north.deliveries()] == ["a" * 32]


def _choose(webhook_id: int) -> None:
    hook = db.session.get_one(WebhookSubscription, webhook_id)
    hook.dids, hook.outcomes, hook.sip_lines = ["74950000001"], ["answered"], ["SIP/0000000672"]


def test_more_events_come_of_a_call(north: Company) -> None:
    for event in (EventType.CALL_MISSED, EventType.OUTGOING_STARTED):
        north.listens(URL, event)

    north.ends("a" * 32, outcome="missed", answered_at=None, callee=None)
    north.starts("b" * 32, kind="outgoing", caller="SIP/0000000672", callee="79030000000")

    assert [each.event.type for each in north.deliveries()] == ["call-missed", "outgoing-started"]


@pytest.mark.parametrize(
    "act", ["edit", "secret/reveal", "secret/rotate", "check", "test", "repeat-failed", "catch-up"]
)
def test_it_is_for_admins_of_the_account(boris: Browser, clara: Browser, north: Company, act: str) -> None:
    webhook_id = north.listens(URL)

    assert boris.submit(f"/webhooks/{webhook_id}/{act}").status_code == 403
    assert clara.submit(f"/webhooks/{webhook_id}/{act}").status_code == 404
