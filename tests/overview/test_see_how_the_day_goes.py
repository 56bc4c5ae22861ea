"""The first page tells how the day goes, and each of its figures leads to what it counts."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from portal.accounts import api_keys
from portal.calls.models import CallRecord
from portal.contacts import services as contacts
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.routing import services as routing
from portal.telephony.engine import CallKind
from portal.webhooks import services as webhooks
from portal.webhooks.models import EventType
from portal.webhooks.urls import SendableUrl
from tests.browser import Browser
from tests.contacts.desk import add_lines, add_users, inside
from tests.people import Cast


def _add_calls(app: Flask, account_id: int, outcomes: dict[str, int], days_ago: int = 0) -> None:
    moment = now() - timedelta(days=days_ago)
    with inside(app, account_id):
        for outcome, count in outcomes.items():
            db.session.add_all(
                CallRecord(
                    api_call_id=f"{days_ago}{outcome}{n:x}".encode().hex()[:32].ljust(32, "0"),
                    switch="sandbox",
                    kind=CallKind.INCOMING,
                    outcome=outcome,
                    caller="79039998877",
                    started_at=moment,
                    ended_at=moment,
                )
                for n in range(count)
            )


def _figure(page: str, label: str) -> tuple[str, str, str]:
    tile = next(tile for tile in page.split('class="stat"')[1:] if label in tile)
    href = re.search(r'href="([^"]+)"', tile)
    value = re.search(r'class="stat-value">([^<]+)<', tile)
    note = re.search(r'class="stat-delta[^>]*>([^<]+)<', tile)
    assert href
    assert value
    return value[1], note[1] if note else "", href[1].replace("&amp;", "&")


def test_figures_count_today_beside_the_same_day_last_week(app: Flask, cast: Cast, anna: Browser) -> None:
    _add_calls(app, cast.north, {"answered": 3, "missed": 2})
    _add_calls(app, cast.north, {"answered": 1}, days_ago=7)
    _add_calls(app, cast.south, {"answered": 9})

    page = anna.get("/", headers={"Accept-Language": "en"}).get_data(as_text=True)

    assert _figure(page, "Calls today")[0] == "5"
    assert _figure(page, "Answered")[0] == "3"
    value, _note, url = _figure(page, "Missed")
    assert value == "2"
    listed = anna.get(url)
    assert listed.status_code == 200
    assert "outcome=missed" in url


@pytest.mark.parametrize("label", ["Calls today", "Answered", "Missed", "Notices delivered", "Balance"])
def test_each_figure_leads_to_its_list(anna: Browser, label: str) -> None:
    page = anna.get("/", headers={"Accept-Language": "en"}).get_data(as_text=True)

    assert anna.get(_figure(page, label)[2]).status_code == 200


def test_what_is_to_be_set_up_is_listed_until_it_is_done(app: Flask, cast: Cast, anna: Browser) -> None:
    assert anna.get("/").get_data(as_text=True).count("/integration#") >= 4

    (line,) = add_lines(app, cast.north, "672")
    (olga,) = add_users(app, cast.north, "Olga Manoli")
    with inside(app, cast.north):
        contacts.map_crm_users({olga: line})
        routing.set_receivers([olga])
        webhooks.add_webhook(SendableUrl("https://crm.example/x", "https://crm.example/x"), EventType.CALL_FINISHED)
        vault = app.extensions["portal.vault"]
        key = api_keys.reveal_api_key(vault)
    assert 'class="todo"' in anna.get("/").get_data(as_text=True)
    with app.app_context():
        api_keys.find_key_holder(vault, key, "127.0.0.1")

    assert 'class="todo"' not in anna.get("/").get_data(as_text=True)


def test_the_figures_alone_are_fetched_when_something_changes(anna: Browser) -> None:
    fragment = anna.fragment("/").get_data(as_text=True)

    assert 'id="figures"' in fragment
    assert "<html" not in fragment


def test_the_operator_is_sent_to_the_console_and_a_visitor_to_sign_in(olga: Browser, nobody: Browser) -> None:
    assert olga.get("/").headers["Location"].endswith("/admin")
    assert "/login" in nobody.get("/").headers["Location"]


def test_a_viewer_sees_the_figures_and_places_no_call(boris: Browser, anna: Browser) -> None:
    assert "/calls/test" in anna.get("/").get_data(as_text=True)

    page = boris.get("/")

    assert page.status_code == 200
    assert "/calls/test" not in page.get_data(as_text=True)
