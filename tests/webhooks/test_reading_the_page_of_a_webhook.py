"""What the pages of a webhook say, and what they do not give away."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from portal.contacts.models import CrmUser
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.telephony.lines import add_sip_line
from portal.webhooks import resending
from portal.webhooks.models import DeliveryState, EventType, WebhookDelivery, WebhookSubscription
from tests.browser import Browser
from tests.support.receiver import Receiver
from tests.webhooks.sending.by_hand import claim, finished, note
from tests.webhooks.test_changing_a_webhook import form
from tests.webhooks.world import CALL_ID, Company, call_record, working

URL = "http://127.0.0.1/calls?token=hush"
EVENT_FIELD = '<select id="event"'


def sent(app: Flask, north: Company, api_call_id: str = CALL_ID) -> None:
    """The notices of a call arrive."""
    north.ends(api_call_id)
    note(app, *(finished(each) for each in claim(app)))


def test_its_title_goes_into_histories_and_holds_no_key(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens("http://127.0.0.1/capture/0123456789abcdef01234567?token=hush")

    title = re.search("<title>(.*?)</title>", english_anna.get(f"/webhooks/{webhook_id}").text)

    assert title
    assert title[1].startswith("Call finished · 127.0.0.1")
    assert "hush" not in title[1]
    assert "0123456789abcdef" not in title[1]


def test_what_waits_for_its_turn_says_when_that_is(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    turn = now() + timedelta(seconds=20)

    def pace() -> None:
        hook = db.session.get_one(WebhookSubscription, webhook_id)
        hook.rate_per_minute, hook.next_send_at = 3, turn

    north.ends()
    north.does(pace)

    page = english_anna.get(f"/webhooks/{webhook_id}").text
    assert "for its turn, at most 3 a minute" in page
    assert f'datetime="{turn.isoformat()}" data-countdown' in page


def test_it_asks_for_the_event_where_it_has_told_several(app: Flask, english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens("http://127.0.0.1/calls")
    sent(app, north)
    page = english_anna.get(f"/webhooks/{webhook_id}").text
    assert EVENT_FIELD not in page
    assert page.count("Call finished") == english_anna.get(f"/webhooks/{webhook_id}?state=failed").text.count(
        "Call finished"
    )

    english_anna.submit(f"/webhooks/{webhook_id}/edit", form(event="call-missed"))
    english_anna.submit(f"/webhooks/{webhook_id}/edit", form(event="call-missed", rate_per_minute="30"))

    page = english_anna.get(f"/webhooks/{webhook_id}").text
    options = re.findall('<option value="([a-z-]+)"', page[page.index(EVENT_FIELD) :])
    assert options == ["call-missed", "call-finished"]
    row = page[page.index(f'id="delivery-{north.deliveries()[0].id}"') :]
    assert "Call finished" in row[: row.index("</tr>")]


def test_its_bars_say_what_they_are(app: Flask, english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    sent(app, north)

    page = english_anna.get(f"/webhooks/{webhook_id}").text

    assert re.search(r"<span class=\"cluster\">Last 20 <svg", page)
    assert re.search(r"<span class=\"cluster\">24 hours <svg", page)


def test_the_form_names_whose_each_phone_is(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    def employ() -> None:
        line = add_sip_line("SIP/00000000671")
        db.session.add(CrmUser(name="Olga Manoli", sip_line_id=line.id))
        add_sip_line("SIP/00000000672")

    north.does(employ)

    page = english_anna.get(f"/webhooks/{webhook_id}/edit").text
    assert "<span>Olga Manoli · SIP/00000000671</span>" in page
    assert "<span>SIP/00000000672</span>" in page


@pytest.mark.parametrize(
    ("urls", "words"),
    [
        (["http://127.0.0.1/a?token=hush"], [""]),
        (["http://127.0.0.1/a?token=hush", "http://127.0.0.2/b"], ["127.0.0.1", "127.0.0.2"]),
        (["http://127.0.0.1/a?token=hush", "http://127.0.0.1/b"], ["/a", "/b"]),
        (["http://127.0.0.1/a?token=hush", "http://127.0.0.1/a?token=hush2"], ["#{}", "#{}"]),
    ],
)
def test_chips_of_one_event_are_told_apart_in_the_call_log(
    app: Flask, english_anna: Browser, north: Company, urls: list[str], words: list[str]
) -> None:
    ids = [north.listens(url) for url in urls]
    sent(app, north)

    page = english_anna.get("/calls").text

    chips = re.findall(r"</svg>end</span>(?: <span class=\"muted small\">(.*?)</span>)?<span", page)
    told = [word.format(each) for word, each in zip(words, ids, strict=True)]
    assert [chip.replace("<wbr>", "") for chip in chips] == told
    assert 'title="Call finished: delivered · 127.0.0.1/a"' in page
    assert "hush" not in page


def test_the_command_is_copied_with_its_keys_by_an_admin_and_noted(
    app: Flask, english_anna: Browser, boris: Browser, clara: Browser, north: Company, receiver: Receiver
) -> None:
    url = f"{receiver.url}/x?token=hush"
    webhook_id = north.listens(url)
    english_anna.submit(f"/webhooks/{webhook_id}/edit", form(url=url, headers="Authorization: Bearer s3cret"))
    with working(app):
        north.ends()
        (delivery,) = north.wait_until(DeliveryState.DELIVERED)
    page, first = f"/webhooks/{webhook_id}/deliveries/{delivery.id}", {"try": "1"}

    shown = english_anna.get(page).text
    assert "s3cret" not in shown
    assert f'data-copy-post="{page}/curl"' in shown
    command = english_anna.submit(f"{page}/curl", first)

    assert command.mimetype == "text/plain"
    assert command.text.startswith(f"curl -i '{url}&num_a=79039998877&")
    assert "-H 'Authorization: Bearer s3cret'" in command.text
    assert len(north.audit("webhook.reveal-keys")) == 1
    assert "Copy with the keys" not in boris.get(page).text
    assert [who.submit(f"{page}/curl", first).status_code for who in (boris, clara)] == [403, 404]
    assert english_anna.submit(f"{page}/curl", {"try": "2"}).status_code == 422


def test_a_look_at_a_long_period_goes_so_far_and_says_where_it_goes_on(
    english_anna: Browser, north: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resending, "MOST_LOOKED_AT", 3)
    webhook_id = north.listens(URL)
    first = now().replace(second=0, microsecond=0) - timedelta(days=40)

    def had_calls() -> None:
        for number in range(5):
            at = first + timedelta(days=number)
            facts = {"started_at": at, "answered_at": at, "ended_at": at + timedelta(seconds=30)}
            db.session.add(call_record(api_call_id=f"{number:032x}", **facts))

    north.does(had_calls)
    page = english_anna.get(f"/webhooks/{webhook_id}/resend?from=2020-01-01T00:00").text
    assert "3 calls did not reach the CRM." in page
    to = re.search('id="to" name="to" value="([^"]+)"', page)
    assert to

    english_anna.submit(f"/webhooks/{webhook_id}/catch-up", {"from": "2020-01-01T00:00", "to": to[1]})
    assert len(north.deliveries()) == 3
    rest = re.search('href="([^"]+)#unreached">To the later ones', page)
    assert rest
    assert "2 calls did not reach the CRM." in english_anna.get(rest[1].replace("&amp;", "&")).text

    answer = english_anna.submit(f"/webhooks/{webhook_id}/catch-up", {"from": "2020-01-01T00:00"})
    assert len(north.deliveries()) == 3
    english_anna.submit(f"/webhooks/{webhook_id}/catch-up", _fields(answer.headers["Location"]))
    assert len(north.deliveries()) == 5


def _fields(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def test_what_failed_is_counted_so_far(
    app: Flask, english_anna: Browser, north: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resending, "MOST_COUNTED", 1)
    webhook_id = north.listens(URL, EventType.CALL_FINISHED)
    for number in range(3):
        north.ends(f"{number:032x}")
    for row in north.deliveries():
        north.does(_fails, row.id)

    page = english_anna.get(f"/webhooks/{webhook_id}/resend").text

    assert "More than 1 deliveries failed since then." in page
    assert "Repeat all of them" in page


def _fails(delivery_id: int) -> None:
    db.session.get_one(WebhookDelivery, delivery_id).state = DeliveryState.FAILED
