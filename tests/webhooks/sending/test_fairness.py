"""Whatever waits, whoever is slow: bounds hold, lanes keep their order, nobody is forgotten. On a clock of our own."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.secrets import random_word
from portal.webhooks.models import (
    DeliveryAttempt,
    DeliveryState,
    EventType,
    Lane,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.queue import Caps
from tests.webhooks.sending.by_hand import claim, finished, note
from tests.webhooks.world import Company

CAPS = Caps.of(8)
SENDERS = 8

# Of each webhook: whether it is South's, how long its receiver takes, how many deliveries of each lane wait.
webhooks = st.tuples(
    st.booleans(), st.sampled_from([0.01, 0.05, 1.5]), st.integers(0, 4), st.integers(0, 6), st.integers(0, 3)
)


def queue_up(company: Company, number: int, starts: int, ends: int, repeats: int) -> None:
    """Deliveries of a webhook of its own, as the outbox and a repeat by hand leave them."""
    with company.app.app_context(), transaction(company.id) as session:
        hook = WebhookSubscription(url=f"https://{number}.example", canonical_url=f"{number}", event="call-finished")
        session.add(hook)
        lanes = [Lane.REPEAT] * repeats + [Lane.END] * ends + [Lane.START] * starts
        events = [WebhookEvent(type=EventType.CALL_FINISHED, api_call_id=random_word(32), parameters=[]) for _ in lanes]
        session.add_all(events)
        session.flush()
        session.add_all(
            WebhookDelivery(
                subscription_id=hook.id,
                event_id=event.id,
                public_id=random_word(30),
                lane=lane,
                due_at=event.happened_at,
            )
            for event, lane in zip(events, lanes, strict=True)
        )


def forget(company: Company) -> None:
    with company.app.app_context(), transaction(company.id):
        for table in (DeliveryAttempt, WebhookDelivery, WebhookEvent, WebhookSubscription):
            db.session.execute(delete(table))


def send_all(app: Flask, seconds_of: dict[str, float]) -> list[list[ClaimedDelivery]]:
    """One worker with eight senders on a clock that jumps from one answer to the next; answers each round's claims."""
    at, rounds = now(), []
    air: list[tuple[datetime, int, ClaimedDelivery]] = []
    while True:
        taken = claim(app, SENDERS - len(air), caps=CAPS, at=at) if len(air) < SENDERS else []
        rounds.append(taken)
        for each in taken:
            heapq.heappush(air, (at + timedelta(seconds=seconds_of[each.url]), each.id, each))
        within_bounds([each for _, _, each in air])
        if not air:
            return rounds
        at, _, landed = heapq.heappop(air)
        note(app, finished(landed, at=at))


def within_bounds(air: list[ClaimedDelivery]) -> None:
    assert len(air) <= SENDERS
    assert max(Counter(each.subscription_id for each in air).values(), default=0) <= CAPS.per_webhook
    assert max(Counter(each.account_id for each in air).values(), default=0) <= CAPS.per_account


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.lists(webhooks, min_size=1, max_size=6))
def test_bounds_and_lanes_hold_and_everything_goes_out_once(
    app: Flask, north: Company, south: Company, queued: list[tuple[bool, float, int, int, int]]
) -> None:
    seconds_of = {}
    for number, (is_south, seconds, starts, ends, repeats) in enumerate(queued):
        queue_up(south if is_south else north, number, starts, ends, repeats)
        seconds_of[f"https://{number}.example"] = seconds

    order = [each for taken in send_all(app, seconds_of) for each in taken]

    lanes_of: dict[int, list[Lane]] = defaultdict(list)
    for each in order:
        lanes_of[each.subscription_id].append(each.lane)
    assert all(lanes == sorted(lanes) for lanes in lanes_of.values())
    rows = [*north.deliveries(), *south.deliveries()]
    assert sorted(each.id for each in order) == sorted(row.id for row in rows)
    assert {row.state for row in rows} <= {DeliveryState.DELIVERED}
    forget(north)
    forget(south)


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 40), st.integers(1, 5))
def test_a_neighbour_with_little_is_served_in_the_first_round_beside_one_with_much(
    app: Flask, north: Company, south: Company, much: int, hooks: int
) -> None:
    for number in range(hooks):
        queue_up(north, number, 0, much, 0)
    queue_up(south, 99, 0, 1, 0)

    first = claim(app, SENDERS, caps=CAPS)

    assert south.id in {each.account_id for each in first}
    assert [each.account_id for each in first].count(north.id) <= CAPS.per_account
    forget(north)
    forget(south)
