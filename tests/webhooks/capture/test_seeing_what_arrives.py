"""A URL of our own: whoever knows it can send to it, and its account alone sees what came."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import update

from portal.kernel.clock import now
from portal.kernel.db import db
from portal.webhooks.capture import services
from portal.webhooks.capture.models import CapturedRequest
from tests.browser import Browser
from tests.webhooks.sending.by_hand import claim, finished, note
from tests.webhooks.world import CALL_ID, Company


@pytest.fixture
def capturing(app: Flask) -> Iterator[Flask]:
    """The installation has capture pages."""
    settings = app.extensions["portal.settings"]
    app.extensions["portal.settings"] = replace(settings, capture_pages=True)
    yield app
    app.extensions["portal.settings"] = settings


def _opens(browser: Browser) -> str:
    """The path of a new URL."""
    browser.submit("/webhooks/capture/open")
    found = re.search(r"https://localhost(/capture/[\w-]+)", browser.get("/webhooks/capture").text)
    assert found
    return found[1]


def _sends(app: Flask, url: str, **options: object) -> int:
    return app.test_client().open(url, base_url="https://localhost", **options).status_code  # type: ignore[arg-type]


def test_a_get_shows_with_its_parameters_explained(capturing: Flask, english_anna: Browser, north: Company) -> None:
    url = _opens(english_anna)

    assert _sends(capturing, f"{url}?num_a=79039998877&own=%3Cb%3E", headers={"Authorization": "Bearer s3cret"}) == 200

    page = english_anna.fragment("/webhooks/capture").text
    assert "79039998877" in page
    assert "who calls" in page
    assert "&lt;b&gt;" in page
    assert "s3cret" not in page


def test_a_post_shows_what_its_json_says(capturing: Flask, english_anna: Browser) -> None:
    url = _opens(english_anna)

    body = '{"type": "call-finished", "timestamp": "x", "data": {"price": 1.5}}'
    assert _sends(capturing, url, method="POST", data=body, content_type="application/json") == 200

    assert _sends(capturing, url, method="POST", data={"num_m": "74951234567"}) == 200

    page = english_anna.get("/webhooks/capture").text
    assert "74951234567" in page
    assert "call-finished" in page
    assert "what the call cost" in page


def test_it_is_added_as_a_webhook_by_one_button(capturing: Flask, anna: Browser, north: Company) -> None:
    url = _opens(anna)
    page = anna.get("/webhooks/capture").text

    assert f'name="url" value="https://localhost{url}"' in page
    assert 'action="/webhooks"' in page


def test_the_last_hundred_are_kept_and_a_flood_is_refused(capturing: Flask, anna: Browser, north: Company) -> None:
    url = _opens(anna)

    answers = [_sends(capturing, f"{url}?n={number}") for number in range(services.KEPT)]
    # However long a busy machine took for them.
    north.does(lambda: db.session.execute(update(CapturedRequest).values(received_at=now())))

    assert answers == [200] * services.KEPT
    assert _sends(capturing, url) == 429
    assert anna.get("/webhooks/capture").text.count("<article") == services.KEPT
    anna.submit("/webhooks/capture/clear")
    assert "<article" not in anna.get("/webhooks/capture").text


def test_a_body_that_is_too_long_is_refused(capturing: Flask, anna: Browser) -> None:
    url = _opens(anna)

    assert _sends(capturing, url, method="POST", data=b"x" * (services.BODY_BYTES + 1)) == 413
    assert "<article" not in anna.get("/webhooks/capture").text


@pytest.mark.parametrize("url", ["/capture/x", "/capture/" + "a" * 43, "/capture/%20x", "/capture/"])
def test_a_token_that_nobody_has_leads_nowhere(capturing: Flask, url: str) -> None:
    assert _sends(capturing, url) == 404


def test_a_new_url_ends_the_old_one(capturing: Flask, anna: Browser) -> None:
    old = _opens(anna)
    new = _opens(anna)

    assert _sends(capturing, old) == 404
    assert _sends(capturing, new) == 200


def test_what_came_to_north_is_norths(capturing: Flask, anna: Browser, clara: Browser, boris: Browser) -> None:
    _sends(capturing, f"{_opens(anna)}?word=secret-of-north")
    _opens(clara)

    assert "secret-of-north" in anna.get("/webhooks/capture").text
    assert "secret-of-north" not in clara.get("/webhooks/capture").text
    assert boris.get("/webhooks/capture").status_code == 403


def test_an_installation_has_none_unless_it_says_so(app: Flask, anna: Browser) -> None:
    assert anna.get("/webhooks/capture").status_code == 404
    assert anna.submit("/webhooks/capture/open").status_code == 404


def test_a_viewer_learns_no_token_from_a_webhook_that_goes_there(
    capturing: Flask, english_anna: Browser, boris: Browser, north: Company
) -> None:
    token = _opens(english_anna).rpartition("/")[2]
    webhook_id = north.listens(f"https://localhost/capture/{token}")
    north.ends()
    note(capturing, *(finished(each, line=f"GET /capture/{token}?num_a=1 HTTP/1.1") for each in claim(capturing)))
    (delivery,) = north.deliveries()

    for path in ("/webhooks", f"/webhooks/{webhook_id}", f"/webhooks/{webhook_id}/deliveries/{delivery.id}"):
        assert token in english_anna.get(path).text
        shown = boris.get(path).text
        assert "/capture/***" in shown
        assert token not in shown
    assert token not in boris.get(f"/calls/{CALL_ID}").text
