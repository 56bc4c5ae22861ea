"""A receiver that fails steadily is left in peace, probed with a real call end, and told of, once per change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from portal.calls.events import CallFinished, CallStarted
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.events import EventBus
from portal.webhooks import outbox, services
from portal.webhooks.backlog import resume_webhook
from portal.webhooks.events import WebhookFailing, WebhookRecovered, WebhookSwitchedOff
from portal.webhooks.models import DeliveryState, EventType, SubscriptionState, WebhookSubscription
from portal.webhooks.sending import queue
from portal.webhooks.sending.breaker import IN_A_ROW
from portal.webhooks.sending.schedule import END
from tests.webhooks.sending.by_hand import claim, fails_steadily, finished, note, seeing_all
from tests.webhooks.world import Company

URL = "https://crm.example/calls"


@pytest.fixture
def told(app: Flask) -> Iterator[list[tuple[str, int]]]:
    """What is published, as name and webhook."""
    heard: list[tuple[str, int]] = []
    outer, app.extensions["portal.events"] = app.extensions["portal.events"], EventBus()
    bus: EventBus = app.extensions["portal.events"]
    for kind in (WebhookFailing, WebhookRecovered, WebhookSwitchedOff):
        bus.subscribe(kind, lambda event, kind=kind: heard.append((kind.__name__, event.webhook.id)))  # type: ignore[misc]
    bus.subscribe(CallStarted, outbox.on_call_started)
    bus.subscribe(CallFinished, outbox.on_call_finished)
    yield heard
    app.extensions["portal.events"] = outer


def test_nothing_goes_out_while_it_is_open_and_waiting_spends_no_try(
    app: Flask, north: Company, told: list[tuple[str, int]]
) -> None:
    webhook_id = north.listens(URL)
    fails_steadily(app, north)
    north.ends("f" * 32)

    hook = north.webhook(webhook_id)
    assert hook.probe_at is not None
    assert told == [("WebhookFailing", webhook_id)]
    assert claim(app, at=hook.probe_at - timedelta(milliseconds=1)) == []
    assert [row.attempts for row in north.deliveries()] == [1] * IN_A_ROW + [0]


def test_the_probe_is_the_oldest_call_end_and_one_at_a_time(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    fails_steadily(app, north)
    north.ends("f" * 32)
    probe_at = north.webhook(webhook_id).probe_at
    assert probe_at is not None

    (probe,) = claim(app, at=probe_at)

    assert probe.is_probe
    assert probe.id == north.deliveries()[0].id
    assert claim(app, at=probe_at) == []


def test_a_probe_spends_no_try_of_its_schedule_until_that_is_over(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    fails_steadily(app, north)
    for _ in range(20):
        probe_at = north.webhook(webhook_id).probe_at
        assert probe_at is not None
        (probe,) = claim(app, at=probe_at)
        note(app, finished(probe, 500, at=probe_at))
    first = north.deliveries()[0]
    assert (first.state, first.step, first.attempts) == (DeliveryState.WAITING, 1, 21)

    failing_from = north.webhook(webhook_id).first_failure_at
    assert failing_from is not None
    over = failing_from + END.span
    (probe,) = claim(app, at=over)
    note(app, finished(probe, 500, at=over))

    assert north.deliveries()[0].state == DeliveryState.FAILED


def test_success_of_the_probe_sends_all_that_waited_oldest_first(
    app: Flask, north: Company, told: list[tuple[str, int]]
) -> None:
    webhook_id = north.listens(URL)
    fails_steadily(app, north)
    north.ends("f" * 32)
    probe_at = north.webhook(webhook_id).probe_at
    assert probe_at is not None
    (probe,) = claim(app, at=probe_at)

    note(app, finished(probe, 200, at=probe_at))

    assert told == [("WebhookFailing", webhook_id), ("WebhookRecovered", webhook_id)]
    assert not north.webhook(webhook_id).is_failing
    rest = claim(app, at=probe_at)
    assert {each.id for each in rest} == {row.id for row in north.deliveries()[1:]}
    note(app, *(finished(each, 200, at=probe_at) for each in rest))
    assert told[2:] == []


def test_after_a_failure_it_has_one_in_flight_until_it_answers_well(app: Flask, north: Company) -> None:
    north.listens(URL)
    at = fails_steadily(app, north, calls=1)
    for number in range(10, 13):
        north.ends(f"{number:032x}")
    at = now()

    (first,) = claim(app, at=at)
    note(app, finished(first, 200, at=at))

    assert len(claim(app, at=at)) == 2


def test_webhooks_that_fail_together_hold_a_share_of_the_senders_only(app: Flask, north: Company) -> None:
    for number in range(4):
        north.listens(f"{URL}/{number}")
    fails_steadily(app, north, calls=1)
    north.listens(f"{URL}/good")
    north.ends("f" * 32)
    at = now()

    taken = claim(app, caps=queue.Caps(per_webhook=2, per_account=100, suspects=3), at=at)

    assert max(each.url.rpartition("/")[2] for each in taken) == "good"
    assert len(taken) == 4


def test_410_switches_it_off_at_once_and_its_return_is_told(
    app: Flask, north: Company, told: list[tuple[str, int]]
) -> None:
    webhook_id = north.listens(URL)
    north.ends()
    note(app, *(finished(each, 410) for each in claim(app)))
    assert north.webhook(webhook_id).state == SubscriptionState.OFF
    assert claim(app, at=now() + timedelta(days=1)) == []

    north.does(resume_webhook, webhook_id)
    note(app, *(finished(each) for each in claim(app)))

    assert told == [("WebhookSwitchedOff", webhook_id), ("WebhookRecovered", webhook_id)]


def test_a_change_and_its_news_are_one_transaction(app: Flask, north: Company, told: list[tuple[str, int]]) -> None:
    webhook_id = north.listens(URL)
    for number in range(IN_A_ROW):
        north.ends(f"{number:032x}")
    at = now()
    tried = claim(app, at=at)

    def broken(_event: WebhookFailing) -> None:
        raise LookupError

    app.extensions["portal.events"].subscribe(WebhookFailing, broken)
    with pytest.raises(LookupError):
        note(app, *(finished(each, 500, at=at) for each in tried))

    assert north.webhook(webhook_id).failures == 0
    assert {row.state for row in north.deliveries()} == {DeliveryState.SENDING}


def test_a_start_is_tried_within_its_minute_although_its_webhook_fails(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL, EventType.CALL_STARTED)
    at = now()
    with app.app_context(), transaction(north.id):
        hook = db.session.get_one(WebhookSubscription, webhook_id)
        hook.failing_since, hook.failures, hook.probes, hook.probe_at = at, 99, 99, at
    north.starts("a" * 32)
    (probe,) = claim(app, at=now())
    note(app, finished(probe, 500))
    probe_at = north.webhook(webhook_id).probe_at

    assert probe_at is not None
    assert probe_at - now() <= timedelta(seconds=24)


def test_the_worker_looks_again_when_a_probe_is_due(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    at = fails_steadily(app, north)
    with app.app_context(), transaction(north.id):
        for row in north.deliveries():
            services.repeat_delivery(webhook_id, row.id)
        db.session.get_one(WebhookSubscription, webhook_id).probe_at = at + timedelta(hours=1)

    assert seeing_all(app, lambda connection: queue.next_due(connection, now())) == at + timedelta(hours=1)
    assert claim(app, at=now()) == []


def test_repeating_by_hand_probes_at_once(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    fails_steadily(app, north)
    north.does(services.repeat_delivery, webhook_id, north.deliveries()[0].id)

    assert [each.is_probe for each in claim(app)] == [True]


def test_ends_that_were_never_tried_are_given_up_when_their_time_is_over(app: Flask, north: Company) -> None:
    fails, paused = north.listens(URL), north.listens("https://crm.example/paused")
    north.does(services.pause_webhook, paused)
    for number in range(8):
        north.ends(f"{number:032x}")
    at = now()
    for _ in range(5):
        note(app, *(finished(each, 500, at=at) for each in claim(app, 1, at=at)))

    def give_up(moment: datetime) -> set[int]:
        return seeing_all(app, lambda connection: queue.give_up(connection, moment))

    assert north.webhook(fails).is_failing
    assert give_up(at + END.span - timedelta(seconds=5)) == set()
    assert give_up(at + END.span + timedelta(seconds=5)) == {north.id}

    states = {(row.subscription_id, row.state) for row in north.deliveries()}
    assert states == {(fails, DeliveryState.FAILED), (paused, DeliveryState.WAITING)}


def test_who_resumes_after_days_gets_the_whole_time_anew(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    for number in range(8):
        north.ends(f"{number:032x}")
    at = now()
    for _ in range(5):
        note(app, *(finished(each, 500, at=at) for each in claim(app, 1, at=at)))
    north.does(services.pause_webhook, webhook_id)
    north.does(resume_webhook, webhook_id)
    later = at + END.span + timedelta(seconds=5)
    for _ in range(5):
        note(app, *(finished(each, 500, at=later) for each in claim(app, 1, at=later)))

    seeing_all(app, lambda connection: queue.give_up(connection, later))

    assert DeliveryState.WAITING in {row.state for row in north.deliveries()}


def test_a_probe_gives_up_nothing_that_a_long_pause_has_kept(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    north.does(services.pause_webhook, webhook_id)
    for number in range(8):
        north.ends(f"{number:032x}")
    north.does(resume_webhook, webhook_id)
    at = now() + END.span + timedelta(days=1)
    for _ in range(IN_A_ROW):
        note(app, *(finished(each, 500, at=at) for each in claim(app, 1, at=at)))

    def probe(not_before: datetime = at) -> None:
        probe_at = max(north.webhook(webhook_id).probe_at or at, not_before)
        (probed,) = claim(app, at=probe_at)
        assert probed.is_probe
        note(app, finished(probed, 500, at=probe_at))

    for _ in range(8):
        probe()
    assert {row.state for row in north.deliveries()} == {DeliveryState.WAITING}

    probe(at + END.span)
    states = [row.state for row in north.deliveries()]
    assert states == [DeliveryState.FAILED] + [DeliveryState.WAITING] * 7


def test_who_resumes_while_a_probe_is_in_the_air_gets_the_whole_time_anew(app: Flask, north: Company) -> None:
    webhook_id = north.listens(URL)
    fails_steadily(app, north)
    later = now() + END.span + timedelta(days=1)
    (probe,) = claim(app, at=later)
    north.does(services.pause_webhook, webhook_id)
    north.does(resume_webhook, webhook_id)

    note(app, finished(probe, 500, at=later))

    assert {row.state for row in north.deliveries()} == {DeliveryState.WAITING}
