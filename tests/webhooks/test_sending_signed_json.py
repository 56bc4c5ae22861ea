"""POST with JSON and a signature that the published library of Standard Webhooks accepts."""

import html
import json
import re
import shlex
from datetime import timedelta

from flask import Flask
from sqlalchemy import update
from standardwebhooks import Webhook

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.webhooks.models import DeliveryState, Method, WebhookSubscription
from portal.webhooks.signing import new_secret
from tests.browser import Browser
from tests.support.receiver import Received, Receiver
from tests.webhooks.world import Company, working


def _dress(app: Flask, company: Company, **values: object) -> None:
    with app.app_context(), transaction(company.id):
        db.session.execute(update(WebhookSubscription).values(**values))


def _sealed(app: Flask, text: str) -> str:
    return str(app.extensions["portal.vault"].seal(text))


def _verified(secret: str, request: Received) -> dict[str, object]:
    return dict(Webhook(secret).verify(request.body, dict(request.headers.items())))


def test_the_published_library_accepts_what_is_sent(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(f"{receiver.url}/hook?tenant=7")
    secret = new_secret()
    _dress(app, north, method=Method.POST, secret=_sealed(app, secret))

    north.ends()
    with working(app):
        north.wait_until(DeliveryState.DELIVERED)

    (request,) = receiver.requests
    assert (request.method, request.target) == ("POST", "/hook?tenant=7")
    told = _verified(secret, request)
    assert told["type"] == "call-finished"
    assert isinstance(told["data"], dict)
    assert told["data"]["num_a"] == "79039998877"
    assert (told["data"]["connection_time"], told["data"]["price"]) == (12, 1.5)
    assert list(json.loads(request.body)) == ["type", "timestamp", "data"]


def test_while_a_rotation_overlaps_both_secrets_verify(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(receiver.url)
    new, old = new_secret(), new_secret()
    _dress(
        app,
        north,
        method=Method.POST,
        secret=_sealed(app, new),
        old_secret=_sealed(app, old),
        old_secret_until=now() + timedelta(hours=1),
    )

    north.ends()
    with working(app):
        north.wait_until(DeliveryState.DELIVERED)

    assert _verified(new, receiver.requests[0]) == _verified(old, receiver.requests[0])


def test_an_old_secret_that_has_ended_signs_no_more(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(receiver.url)
    _dress(
        app,
        north,
        method=Method.POST,
        secret=_sealed(app, new_secret()),
        old_secret=_sealed(app, new_secret()),
        old_secret_until=now() - timedelta(seconds=1),
    )

    north.ends()
    with working(app):
        north.wait_until(DeliveryState.DELIVERED)

    assert " " not in receiver.requests[0].headers["webhook-signature"]


def test_custom_headers_travel_with_each_request(app: Flask, north: Company, receiver: Receiver) -> None:
    north.listens(receiver.url)
    _dress(app, north, headers=[["X-Tenant", "7", False], ["Authorization", _sealed(app, "Bearer s3cret"), True]])

    north.ends()
    with working(app):
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert receiver.requests[0].headers["X-Tenant"] == "7"
    assert receiver.requests[0].headers["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in str(delivery.tries[0].request_headers)


def test_the_page_gives_a_post_as_curl_with_its_body_and_without_what_signs_it(
    app: Flask, anna: Browser, north: Company, receiver: Receiver
) -> None:
    webhook_id = north.listens(f"{receiver.url}/hook?token=hush")
    _dress(
        app,
        north,
        method=Method.POST,
        secret=_sealed(app, new_secret()),
        headers=[["X-Api-Key", _sealed(app, "hush"), True], ["X-Tenant", "7", False]],
    )
    north.ends()
    with working(app):
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    found = re.search(r"curl -i -X POST [^<]*", anna.get(f"/webhooks/{webhook_id}/deliveries/{delivery.id}").text)
    assert found
    words = shlex.split(html.unescape(found[0]))
    assert words[4] == f"{receiver.url}/hook?token=***"
    assert {"X-Tenant: 7", "X-Api-Key: ***", f"webhook-id: {delivery.public_id}"} <= set(words)
    assert json.loads(words[words.index("--data-raw") + 1])["data"]["num_a"] == "79039998877"
    assert "hush" not in found[0]
