"""Repeat what failed, and send the calls that never reached the CRM: the number first."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask

from portal.kernel.clock import now
from portal.kernel.db import db
from portal.webhooks.models import DeliveryState, EventType
from tests.browser import Browser
from tests.support.receiver import Answer, Receiver
from tests.webhooks.sending.by_hand import claim, finished, note
from tests.webhooks.world import Company, call_record, working

URL = "http://127.0.0.1/calls"
LONG_AGO = {"since": "2020-01-01T00:00"}


def _field(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("Europe/Moscow")).strftime("%Y-%m-%dT%H:%M")


def _gives_up(app: Flask, north: Company, api_call_id: str) -> None:
    """Every try of this call's delivery fails, until its schedule is over."""
    north.ends(api_call_id)
    for day in range(10):
        at = now() + timedelta(days=day)
        note(app, *(finished(each, 500, at=at) for each in claim(app, at=now() + timedelta(days=30))))
        north.hurries(10**6)


def _had_a_call(north: Company, api_call_id: str, **facts: object) -> None:
    """A call of before there was a webhook: no event was noted."""

    def add() -> None:
        db.session.add(call_record(api_call_id=api_call_id, **facts))

    north.does(add)


def test_what_failed_is_counted_and_repeated(app: Flask, english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    _gives_up(app, north, "a" * 32)
    assert north.deliveries()[0].state == DeliveryState.FAILED

    page = english_anna.get(f"/webhooks/{webhook_id}/resend?since=2020-01-01T00:00").text
    assert "1 delivery failed since then." in page
    assert "Repeat 1" in page

    english_anna.submit(f"/webhooks/{webhook_id}/repeat-failed", LONG_AGO)
    (delivery,) = north.deliveries()
    assert (delivery.state, delivery.step) == (DeliveryState.WAITING, 0)
    assert "1 delivery is being sent again." in english_anna.get("/").text


def test_only_calls_of_its_own_time_did_not_arrive(english_anna: Browser, north: Company) -> None:
    _had_a_call(north, "a" * 32, started_at=now() - timedelta(seconds=30))
    webhook_id = north.listens(URL)
    page, again = f"/webhooks/{webhook_id}", f"/webhooks/{webhook_id}/resend"
    assert "did not reach the CRM" not in english_anna.get(page).text
    shown = english_anna.get(again).text
    assert "0 calls did not reach the CRM." in shown
    # The fields hold no seconds: what stands in them by itself still means the moment, not its minute.
    since = re.search(r'name="from" value="([^"]+)"', shown)
    assert since
    assert "0 calls did not reach the CRM." in english_anna.get(again, query_string={"from": since[1]}).text

    _had_a_call(north, "b" * 32)
    assert "1 call of the last 24 hours did not reach the CRM." in english_anna.get(page).text
    assert "Send 1 call" in english_anna.get(again).text
    english_anna.submit(f"{again.removesuffix('resend')}catch-up", {"from": since[1]})
    assert [each.event.api_call_id for each in north.deliveries()] == ["b" * 32]


def test_who_hears_of_other_calls_from_now_on_missed_none_of_before(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL, EventType.CALL_STARTED)
    _had_a_call(north, "a" * 32)
    english_anna.submit(f"/webhooks/{webhook_id}/edit", {"url": URL, "event": "call-finished", "method": "GET"})

    assert north.webhook(webhook_id).event == EventType.CALL_FINISHED
    assert "did not reach the CRM" not in english_anna.get(f"/webhooks/{webhook_id}").text

    english_anna.submit(f"/webhooks/{webhook_id}/edit", {"url": f"{URL}/2", "event": "call-finished", "method": "GET"})
    _had_a_call(north, "b" * 32)
    english_anna.submit(f"/webhooks/{webhook_id}/edit", {"url": f"{URL}/3", "event": "call-finished", "method": "GET"})
    assert "1 call of the last 24 hours did not reach" in english_anna.get(f"/webhooks/{webhook_id}").text


def test_calls_of_before_the_webhook_are_told_where_somebody_asks_for_them(
    app: Flask, english_anna: Browser, north: Company, receiver: Receiver
) -> None:
    _had_a_call(north, "a" * 32)
    _had_a_call(north, "b" * 32)
    _had_a_call(north, "c" * 32, ended_at=None)
    webhook_id = north.listens(receiver.url)
    north.ends("d" * 32)
    period = {"from": _field(now() - timedelta(hours=1)), "to": _field(now() + timedelta(minutes=2))}

    page = english_anna.get(f"/webhooks/{webhook_id}/resend", query_string=period).text
    assert "2 calls did not reach the CRM." in page
    assert "Send 2 calls" in page

    english_anna.submit(f"/webhooks/{webhook_id}/catch-up", period)
    with working(app):
        north.wait_until(DeliveryState.DELIVERED, 3)

    told = sorted(dict(request.parameters)["api_call_id"][0] for request in receiver.requests)
    assert told == ["a", "b", "d"]
    assert "0 calls did not reach" in english_anna.get(f"/webhooks/{webhook_id}/resend", query_string=period).text
    english_anna.submit(f"/webhooks/{webhook_id}/catch-up", period)
    assert len(north.deliveries()) == 3


def test_what_was_given_up_is_among_the_calls_that_did_not_arrive(app: Flask, anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    _gives_up(app, north, "a" * 32)
    period = {"from": _field(now() - timedelta(hours=1)), "to": _field(now() + timedelta(minutes=2))}

    anna.submit(f"/webhooks/{webhook_id}/catch-up", period)

    (delivery,) = north.deliveries()
    assert delivery.state == DeliveryState.WAITING


def test_a_call_outside_working_hours_is_among_the_missed_that_did_not_arrive(
    english_anna: Browser, north: Company
) -> None:
    webhook_id = north.listens(URL, EventType.CALL_MISSED)
    _had_a_call(north, "a" * 32, outcome="closed", answered_at=None, callee=None)
    _had_a_call(north, "b" * 32, outcome="blocked", answered_at=None, callee=None)

    assert "1 call of the last 24 hours did not reach the CRM." in english_anna.get(f"/webhooks/{webhook_id}").text


def test_a_start_is_not_sent_again_in_bulk(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL, EventType.CALL_STARTED)
    _had_a_call(north, "a" * 32)

    assert "worth nothing later" in english_anna.get(f"/webhooks/{webhook_id}/resend").text
    assert english_anna.submit(f"/webhooks/{webhook_id}/catch-up").status_code == 409
    assert not north.deliveries()


def test_a_test_is_a_real_call_shown_first_sent_once_and_marked(
    app: Flask, english_anna: Browser, north: Company, receiver: Receiver
) -> None:
    webhook_id = north.listens(f"{receiver.url}/x?tenant=7")
    _had_a_call(north, "a" * 32)
    receiver.answer(Answer(500))

    page = english_anna.get(f"/webhooks/{webhook_id}/test").text
    assert "GET /x?tenant=7&amp;num_a=79039998877&amp;num_m=79037778899" in page
    answer = english_anna.submit(f"/webhooks/{webhook_id}/test", {"api_call_id": "a" * 32})
    with working(app):
        (delivery,) = north.wait_until(DeliveryState.FAILED)

    assert delivery.is_test
    assert receiver.requests[0].headers["webhook-test"] == "true"
    shown = re.search(r"GET (\S+) HTTP/1.1", page)
    assert shown
    assert receiver.requests[0].target == shown[1].replace("&amp;", "&")
    delivery_page = english_anna.get(answer.headers["Location"]).text
    assert "test" in delivery_page
    assert "curl -i" in delivery_page
    # It stands beside the real one, which can still be sent.
    earlier = {"from": _field(now() - timedelta(hours=1))}
    assert "1 call did not reach" in english_anna.get(f"/webhooks/{webhook_id}/resend", query_string=earlier).text


def test_an_address_is_checked_without_sending(english_anna: Browser, north: Company, receiver: Receiver) -> None:
    webhook_id = north.listens(receiver.url)
    assert "can be reached" in english_anna.submit(f"/webhooks/{webhook_id}/check", htmx=True).text
    assert not receiver.requests

    receiver.stop()
    assert "cannot be reached" in english_anna.submit(f"/webhooks/{webhook_id}/check").text


def test_on_resume_the_admin_chooses_what_becomes_of_the_backlog(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    english_anna.submit(f"/webhooks/{webhook_id}/pause")
    north.ends()

    page = english_anna.get(f"/webhooks/{webhook_id}").text
    assert "1 notice was kept" in page
    english_anna.submit(f"/webhooks/{webhook_id}/resume", {"backlog": "drop"})

    assert [each.state for each in north.deliveries()] == [DeliveryState.CANCELLED]
