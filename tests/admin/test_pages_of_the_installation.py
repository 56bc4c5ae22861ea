"""How the installation does: processes, webhooks that fail anywhere, tasks of everybody, mail."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.jobs import Job, JobState, begin
from portal.kernel.lives import SILENT_AFTER, Heart, ProcessLife
from portal.kernel.mail.models import OutgoingMail
from portal.webhooks.models import EventType, SubscriptionState, WebhookSubscription
from tests.browser import Browser
from tests.people import OLGA, Cast

PAGES = ["/admin/processes", "/admin/webhooks", "/admin/tasks", "/admin/mail"]


def failing_webhook(app: Flask, account_id: int, name: str, **facts: object) -> None:
    url = f"https://{name}.example/hook?api_key=verysecretword"
    with app.app_context(), transaction(account_id) as session:
        session.add(WebhookSubscription(url=url, canonical_url=url, event=EventType.CALL_STARTED, **facts))


def job(app: Flask, account_id: int, state: JobState) -> int:
    with app.app_context(), transaction(account_id):
        made = begin("record-outlines", subject="Outlines")
        made.state = state
        return made.id


def letter(app: Flask, **facts: object) -> int:
    with app.app_context(), transaction() as session:
        row = OutgoingMail(
            message_id="m-1", recipient="vera@west.example", subject="Hello", text="a secret link", **facts
        )
        session.add(row)
        session.flush()
        return row.id


@pytest.mark.parametrize("page", PAGES)
def test_with_nothing_to_show_a_page_says_so(olga: Browser, page: str) -> None:
    answer = olga.get(page)

    assert answer.status_code == 200
    assert 'class="empty' in answer.get_data(as_text=True)


@pytest.mark.parametrize("page", PAGES)
def test_nobody_else_sees_it(anna: Browser, page: str) -> None:
    assert anna.get(page).status_code == 403


def test_a_process_is_alive_until_it_says_nothing_more(app: Flask, olga: Browser) -> None:
    heart = Heart(app, "worker")
    with app.app_context():
        heart.beat()

    assert "работает" in olga.get("/admin/processes").get_data(as_text=True)
    with app.app_context(), transaction():
        db.session.execute(update(ProcessLife).values(seen_at=now() - SILENT_AFTER - timedelta(seconds=1)))
    assert "молчит" in olga.get("/admin/processes").get_data(as_text=True)


def test_a_process_that_ends_as_it_should_is_listed_no_more(app: Flask) -> None:
    heart = Heart(app, "worker")
    heart.start()
    heart.stop()

    with app.app_context(), transaction(writes=False):
        assert db.session.scalar(select(ProcessLife)) is None


def test_webhooks_that_fail_are_shown_with_their_account_and_without_their_secrets(
    app: Flask, cast: Cast, olga: Browser
) -> None:
    failing_webhook(app, cast.north, "north", failing_since=now())
    failing_webhook(app, cast.south, "south", state=SubscriptionState.OFF)
    failing_webhook(app, cast.south, "works")

    everything = olga.get("/admin/webhooks").get_data(as_text=True)
    off = olga.get("/admin/webhooks?state=off").get_data(as_text=True)

    assert f"/admin/accounts/{cast.north}" in everything
    assert "north.example" in everything
    assert "works.example" not in everything
    assert "verysecretword" not in everything
    assert ("north.example" in off, "south.example" in off) == (False, True)


def test_a_button_leads_to_the_evidence_in_the_stead_of_an_administrator(app: Flask, cast: Cast, olga: Browser) -> None:
    failing_webhook(app, cast.north, "north", failing_since=now())
    with app.app_context(), transaction(cast.north, writes=False) as session:
        evidence = f"/webhooks/{session.scalars(select(WebhookSubscription.id)).one()}"

    page = olga.get("/admin/webhooks").get_data(as_text=True)
    found = re.search(rf'action="(/admin/accounts/{cast.north}/people/\d+/visit)"', page)
    assert found
    assert f'name="next" value="{evidence}"' in page

    assert olga.submit(found[1], {"next": evidence}).location == evidence
    assert "north.example" in olga.get(evidence).get_data(as_text=True)


def test_many_that_fail_are_paged_through(app: Flask, cast: Cast, olga: Browser) -> None:
    for number in range(27):
        failing_webhook(app, cast.north, f"hook-{number}", failing_since=now())

    page = olga.get("/admin/webhooks").get_data(as_text=True)

    assert page.count("<tr>") - 1 == 25
    assert 'rel="next"' in page


def test_a_task_of_any_account_is_cancelled_and_repeated(app: Flask, cast: Cast, olga: Browser) -> None:
    waiting, failed = job(app, cast.north, JobState.WAITING), job(app, cast.south, JobState.FAILED)

    assert "North" in olga.get("/admin/tasks").get_data(as_text=True)
    assert "South" in olga.get("/admin/tasks?state=failed").get_data(as_text=True)
    assert olga.submit(f"/admin/tasks/{cast.north}/{waiting}/cancel").status_code == 303
    assert olga.submit(f"/admin/tasks/{cast.south}/{failed}/again").status_code == 303

    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert session.get_one(Job, waiting).state == JobState.CANCELLED
    with app.app_context(), transaction(cast.south, writes=False) as session:
        states = session.scalars(select(Job.state).order_by(Job.id)).all()
        assert states == [JobState.FAILED, JobState.WAITING]


def test_a_task_is_looked_for_in_its_account_alone(app: Flask, cast: Cast, olga: Browser) -> None:
    waiting = job(app, cast.north, JobState.WAITING)

    assert olga.submit(f"/admin/tasks/{cast.south}/{waiting}/cancel").status_code == 404


def test_mail_that_waits_is_tried_at_once_or_thrown_away(app: Flask, olga: Browser) -> None:
    waiting = letter(app, tries=2, last_failure="421 not today", due_at=now() + timedelta(hours=6))

    page = olga.get("/admin/mail").get_data(as_text=True)
    assert "421 not today" in page
    assert "a secret link" not in page
    olga.submit(f"/admin/mail/{waiting}/now")
    with app.app_context(), transaction(writes=False) as session:
        assert session.get_one(OutgoingMail, waiting).due_at <= now()
    olga.submit(f"/admin/mail/{waiting}/discard")
    assert olga.submit(f"/admin/mail/{waiting}/discard").status_code == 404


def test_mail_that_was_given_up_stays_to_be_seen(app: Flask, olga: Browser) -> None:
    given_up = letter(app, given_up_at=now(), last_failure="550 no such mailbox")

    assert "550 no such mailbox" in olga.get("/admin/mail?state=given-up").get_data(as_text=True)
    assert olga.submit(f"/admin/mail/{given_up}/now").status_code == 404


def test_a_test_goes_to_the_operator_and_nobody_else(
    app: Flask, olga: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert olga.submit("/admin/mail/test").status_code == 422, "no mail is set"
    monkeypatch.setitem(app.extensions, "portal.postman", object())

    assert olga.submit("/admin/mail/test", {"email": "eve@south.example"}).status_code == 303

    with app.app_context(), transaction(writes=False) as session:
        assert session.scalars(select(OutgoingMail.recipient)).all() == [OLGA.email]
