"""The pages: is it working, and if not, why, and when is it tried next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from portal.kernel.db import db
from portal.kernel.paging import Cursor
from portal.webhooks import services
from portal.webhooks.models import DeliveryState, EventType, WebhookDelivery, WebhookSubscription
from portal.webhooks.queries import DeliveryFilter, deliveries_of_calls, delivery_page, webhook_list
from tests.browser import Browser
from tests.support.queries import counted_queries
from tests.support.receiver import Answer, Receiver
from tests.webhooks.sending.by_hand import claim, finished, note
from tests.webhooks.world import CALL_ID, Company, working

URL = "http://127.0.0.1/calls?token=hush"


def call_ids(count: int) -> list[str]:
    return [f"{number:032x}" for number in range(count)]


def test_the_list_shows_the_last_twenty_and_the_last_answer(app: Flask, english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    for number, api_call_id in enumerate(call_ids(22)):
        north.ends(api_call_id)
        note(app, *(finished(each, 404 if number == 21 else 200) for each in claim(app)))

    (row,) = north.reads(webhook_list)
    assert row.bars == ("ok",) * 19 + ("retry",)
    assert (row.delivered, row.last_status) == (19, 404)
    page = english_anna.get("/webhooks").text
    assert "19 of 20 delivered" in page
    assert "404" in page
    assert "there is no such page on the server" in english_anna.get(f"/webhooks/{webhook_id}").text


def test_the_list_asks_the_database_as_often_for_many_as_for_one(app: Flask, north: Company) -> None:
    north.listens("http://127.0.0.1/first")
    with counted_queries(app) as for_one:
        north.reads(webhook_list)
    for number in range(4):
        north.listens(f"http://127.0.0.1/{number}")
    for api_call_id in call_ids(30):
        north.ends(api_call_id)

    with counted_queries(app) as for_many:
        rows = north.reads(webhook_list)

    assert [len(row.bars) for row in rows] == [20] * 5
    assert len(for_many) == len(for_one)


def test_a_failing_webhook_says_so_and_when_it_is_checked_again(
    app: Flask, english_anna: Browser, north: Company
) -> None:
    webhook_id = north.listens(URL)
    for api_call_id in call_ids(6):
        north.ends(api_call_id)
    note(app, *(finished(each, 500) for each in claim(app, 5)))

    page = english_anna.get(f"/webhooks/{webhook_id}").text

    assert "failing" in english_anna.get("/webhooks").text
    assert "next check:" in page
    assert page.count("until the server answers again") == 6
    assert "waits until" not in page
    assert "next try:" not in page


def test_a_new_webhook_says_that_nothing_was_sent_yet(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    assert "nothing sent yet" in english_anna.get("/webhooks").text
    assert "Nothing has been sent yet" in english_anna.get(f"/webhooks/{webhook_id}").text


def test_an_empty_list_says_what_a_webhook_is_for(english_anna: Browser) -> None:
    assert "A webhook tells your CRM of each call" in english_anna.get("/webhooks").text


def test_a_delivery_shows_each_try_with_what_was_sent_and_what_came_back(
    app: Flask, english_anna: Browser, north: Company, receiver: Receiver
) -> None:
    webhook_id = north.listens(f"{receiver.url}/x?token=hush")
    refusal = {"X-Reason": "a & b", "Retry-After": "3600"}
    receiver.answer(Answer(500, b"<script>alert(1)</script> no database", refusal), Answer(200, b"fine"))
    with working(app):
        north.ends()
        north.wait_for_attempts(1)
        waiting = english_anna.get(f"/webhooks/{webhook_id}").text
        north.hurries()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    assert "next try:" in waiting
    assert "data-countdown" in waiting
    page = english_anna.get(f"/webhooks/{webhook_id}/deliveries/{delivery.id}").text
    assert page.index("Try 2") < page.index("Try 1")
    assert "GET /x?token=hush&amp;num_a=79039998877" in page
    assert f"webhook-id: {delivery.public_id}" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; no database" in page
    assert "X-Reason: a &amp; b" in page
    assert "a fault on the server" in page
    assert f"127.0.0.1:{receiver.port}" in page
    assert "First byte" in page
    assert "data-countdown" not in page


def test_a_viewer_sees_it_without_the_key_in_the_url(
    app: Flask, boris: Browser, north: Company, receiver: Receiver
) -> None:
    webhook_id = north.listens(f"{receiver.url}/x?token=hush")
    with working(app):
        north.ends()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    for url in ("/webhooks", f"/webhooks/{webhook_id}", f"/webhooks/{webhook_id}/deliveries/{delivery.id}"):
        page = boris.get(url)
        assert page.status_code == 200
        assert "token=***" in page.text
        assert "hush" not in page.text
        assert "/repeat" not in page.text


def test_what_the_server_wrote_is_for_admins(
    app: Flask, anna: Browser, boris: Browser, north: Company, receiver: Receiver
) -> None:
    receiver.answer(Answer(200, b"an inner word"))
    webhook_id = north.listens(receiver.url)
    with working(app):
        north.ends()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)

    url = f"/webhooks/{webhook_id}/deliveries/{delivery.id}"
    assert "an inner word" in anna.get(url).text
    assert "an inner word" not in boris.get(url).text


def test_a_stranger_finds_no_page(clara: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    (delivery,) = north.deliveries()

    assert clara.get(f"/webhooks/{webhook_id}").status_code == 404
    assert clara.get(f"/webhooks/{webhook_id}/deliveries/{delivery.id}").status_code == 404


def test_deliveries_are_chosen_by_state_and_by_call(app: Flask, anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    for api_call_id in ("a" * 32, "b" * 32):
        north.ends(api_call_id)
    first, second = claim(app)
    note(app, finished(first, 200), finished(second, 500))

    def shown(query: str) -> set[str]:
        page = anna.fragment(f"/webhooks/{webhook_id}?{query}").text
        return {row.event.api_call_id for row in north.deliveries() if f'id="delivery-{row.id}"' in page}

    assert shown("state=delivered") == {"a" * 32}
    assert shown("state=waiting") == {"b" * 32}
    assert shown("state=failed") == set()
    assert shown("api_call_id=" + "b" * 32) == {"b" * 32}
    assert shown("state=delivered&api_call_id=" + "b" * 32) == set()
    assert shown("state=nonsense&api_call_id=%00&page=x") == {"a" * 32, "b" * 32}


def test_deliveries_come_a_page_at_a_time_both_ways(north: Company) -> None:
    webhook_id = north.listens(URL)
    for api_call_id in call_ids(5):
        north.ends(api_call_id)
    newest_first = [row.id for row in reversed(north.deliveries())]

    def page(cursor: str | None) -> tuple[list[int], str | None, str | None]:
        where = Cursor.decode(cursor, 1) if cursor else None
        found = north.reads(lambda: delivery_page(webhook_id, DeliveryFilter(), where, limit=2))
        return [row.id for row in found.rows], found.next, found.previous

    first, older, newer = page(None)
    assert (first, newer) == (newest_first[:2], None)
    second, older, newer = page(older)
    assert second == newest_first[2:4]
    last, end, _ = page(older)
    assert (last, end) == (newest_first[4:], None)
    back, _, start = page(newer)
    assert (back, start) == (newest_first[:2], None)


def test_the_deliveries_of_calls_are_found_by_the_calls(app: Flask, north: Company, south: Company) -> None:
    north.listens(URL)
    north.listens(URL, EventType.CALL_STARTED)
    south.listens(URL)
    north.starts()
    for company in (north, south):
        company.ends()
        company.ends("b" * 32)

    found = north.reads(lambda: deliveries_of_calls([CALL_ID, "c" * 32]))

    assert list(found) == [CALL_ID]
    assert [each.event.type for each in found[CALL_ID]] == [EventType.CALL_STARTED, EventType.CALL_FINISHED]
    assert {each.subscription.url for each in found[CALL_ID]} == {URL}


def test_the_call_log_and_the_page_of_a_call_show_its_deliveries(
    app: Flask, english_anna: Browser, north: Company
) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    note(app, *(finished(each, 502) for each in claim(app)))
    (delivery,) = north.deliveries()
    link = f'href="/webhooks/{webhook_id}/deliveries/{delivery.id}"'

    assert link in english_anna.get("/calls").text
    page = english_anna.get(f"/calls/{CALL_ID}").text
    assert link in page
    assert "a fault on the server" in page
    assert "hush" not in page


@pytest.mark.parametrize("act", [services.pause_webhook, services.remove_webhook])
def test_what_cannot_be_repeated_offers_no_repeat(app: Flask, anna: Browser, north: Company, act: object) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    note(app, *(finished(each) for each in claim(app)))
    (delivery,) = north.deliveries()
    assert "/repeat" in anna.get(f"/webhooks/{webhook_id}/deliveries/{delivery.id}").text

    north.does(act, webhook_id)  # type: ignore[arg-type]

    for url in (f"/webhooks/{webhook_id}", f"/webhooks/{webhook_id}/deliveries/{delivery.id}", f"/calls/{CALL_ID}"):
        assert "/repeat" not in anna.get(url).text


def test_deliveries_are_chosen_by_event_and_by_time(app: Flask, anna: Browser, north: Company) -> None:
    """Of a webhook whose event was changed, and whose account lives by Moscow's clock."""
    webhook_id = north.listens(URL)
    for number, hour in enumerate((8, 12, 16)):
        north.ends(f"{number:032x}")
        _came_at(north, number, datetime(2026, 3, 2, hour, tzinfo=UTC))
    north.does(_tells, webhook_id, EventType.CALL_STARTED)
    north.starts("f" * 32)
    _came_at(north, 3, datetime(2026, 3, 2, 20, tzinfo=UTC))

    def shown(query: str) -> set[str]:
        page = anna.fragment(f"/webhooks/{webhook_id}?{query}").text
        return {each for each in (*(f"{number:032x}" for number in range(3)), "f" * 32) if each in page}

    assert len(shown("")) == 4
    assert shown("event=call-started") == {"f" * 32}
    assert shown("event=call-finished&from=2026-03-02T14:00") == {f"{1:032x}", f"{2:032x}"}
    assert shown("from=2026-03-02T14:00&to=2026-03-02T18:00") == {f"{1:032x}"}
    assert shown("to=2026-03-02T11:00") == {f"{0:032x}"}
    assert len(shown("event=nonsense&from=yesterday")) == 4


def _came_at(company: Company, index: int, moment: datetime) -> None:
    delivery_id = company.deliveries()[index].id

    def move() -> None:
        db.session.get_one(WebhookDelivery, delivery_id).created_at = moment

    company.does(move)


def _tells(webhook_id: int, event: EventType) -> None:
    db.session.get_one(WebhookSubscription, webhook_id).event = event
