"""A webhook that fails, is switched off or is back reaches the admins once per change: on every page, and by mail."""

from flask import Flask
from sqlalchemy import select, update

from portal.accounts.models import User
from portal.kernel.clock import now
from portal.kernel.db import db, ring, transaction
from portal.kernel.events import publish
from portal.kernel.mail.carrier import MailCarrier
from portal.webhooks.alerts.models import WebhookAlert
from portal.webhooks.events import WebhookFailing, WebhookRecovered, WebhookSwitchedOff
from portal.webhooks.models import DeliveryState, WebhookSubscription
from portal.webhooks.outbox import BELL
from tests.browser import Browser
from tests.people import ANNA
from tests.support.postbox import Postbox
from tests.support.receiver import Answer, Receiver
from tests.webhooks.world import Company, working

URL = "https://crm.example/calls?token=hush"
Change = type[WebhookFailing | WebhookRecovered | WebhookSwitchedOff]


def _becomes(app: Flask, webhook_id: int, change: Change) -> None:
    """As the worker tells it: in a transaction that sees all accounts."""
    with app.app_context(), transaction(everything="webhook dispatch"):
        publish(change(db.session.get_one(WebhookSubscription, webhook_id)))


def _alert_id(north: Company) -> int:
    return (
        north.reads(lambda: db.session.scalars(select(WebhookAlert.id).order_by(WebhookAlert.id.desc())).first()) or 0
    )


def test_it_stands_on_every_page_until_it_is_dismissed(app: Flask, english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    _becomes(app, webhook_id, WebhookFailing)

    for page in ("/", "/calls", "/webhooks"):
        shown = english_anna.get(page).text
        assert "A webhook is failing." in shown
        assert "Call finished, crm.example." in shown
        assert f'href="/webhooks/{webhook_id}"' in shown

    alert_id = _alert_id(north)
    answer = english_anna.submit(f"/webhooks/alerts/{alert_id}/dismiss", {"back": "/calls?q=1"})
    assert answer.headers["Location"].endswith("/calls?q=1")
    assert "A webhook is failing." not in english_anna.get("/").text
    assert english_anna.submit(f"/webhooks/alerts/{alert_id}/dismiss", htmx=True).status_code == 200


def test_a_newer_change_takes_the_place_of_the_older(app: Flask, english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)
    _becomes(app, webhook_id, WebhookFailing)
    _becomes(app, webhook_id, WebhookRecovered)

    page = english_anna.fragment("/webhooks/alerts").text
    assert "A webhook works again." in page
    assert "A webhook is failing." not in page


def test_it_is_for_admins_of_the_account(
    app: Flask, anna: Browser, boris: Browser, clara: Browser, north: Company
) -> None:
    _becomes(app, north.listens(URL), WebhookSwitchedOff)

    assert 'id="dismiss-' in anna.get("/").text
    assert 'id="dismiss-' not in boris.get("/").text
    assert 'id="dismiss-' not in clara.get("/").text
    assert boris.submit(f"/webhooks/alerts/{_alert_id(north)}/dismiss").status_code == 403
    assert clara.submit(f"/webhooks/alerts/{_alert_id(north)}/dismiss").status_code == 404


def test_each_admin_gets_one_mail_in_their_language(mailing: Flask, postbox: Postbox, north: Company) -> None:
    webhook_id = north.listens(URL)
    _becomes(mailing, webhook_id, WebhookFailing)
    with mailing.app_context(), transaction():
        db.session.execute(update(User).values(locale="en"))
    _becomes(mailing, webhook_id, WebhookRecovered)

    MailCarrier(mailing).round()

    first, second = postbox.letters
    assert (first.recipient, second.recipient) == (ANNA.email, ANNA.email)
    assert first.subject == "Вебхук не срабатывает."
    assert second.subject == "A webhook works again."
    assert "token=***" in second.text
    assert "hush" not in first.text + second.text


def test_without_mail_pages_say_so(english_anna: Browser, north: Company) -> None:
    webhook_id = north.listens(URL)

    assert "No mail is sent" in english_anna.get(f"/webhooks/{webhook_id}").text


def test_a_receiver_that_truly_fails_and_comes_back_is_told_once_each_time(
    mailing: Flask, postbox: Postbox, english_anna: Browser, north: Company, receiver: Receiver
) -> None:
    webhook_id = north.listens(f"{receiver.url}/x")
    receiver.answer(Answer(500))
    with working(mailing):
        for number in range(5):
            north.ends(f"{number:032x}")
        north.wait_until_failing(webhook_id)
        failing = english_anna.get("/calls").text
        receiver.answer(Answer(200))
        _probed_now(north, webhook_id)
        north.wait_until(DeliveryState.DELIVERED, 5)
    back = english_anna.get("/calls").text
    MailCarrier(mailing).round()

    assert "A webhook is failing." in failing
    assert "A webhook works again." in back
    assert "A webhook is failing." not in back
    assert [letter.subject for letter in postbox.letters] == ["Вебхук не срабатывает.", "Вебхук снова работает."]


def _probed_now(north: Company, webhook_id: int) -> None:
    """Time passes until the next probe, unless it has come meanwhile."""

    def hurry() -> None:
        hook = db.session.get_one(WebhookSubscription, webhook_id)
        if hook.probe_at is not None:
            hook.probe_at = now()
            ring(BELL)

    north.does(hurry)
