"""What is old goes: the bodies of answers first, much later the whole story. In batches so small that nobody waits."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from portal.kernel.clock import monotonic, now
from portal.kernel.config import Settings
from portal.kernel.db import db, transaction
from portal.webhooks.models import DeliveryAttempt, DeliveryState, WebhookDelivery, WebhookEvent

log = structlog.get_logger(__name__)

BATCH = 50
"""Rows, or events with all that belongs to them, of one transaction: a few milliseconds."""
EVERY_SECONDS = 600.0
_SHARE = 10
"""Of its own time it takes a tenth at most: between two batches whoever waits for the database has it."""
_SHORTEST_PAUSE = 0.05
_CLOSED = [
    DeliveryState.DELIVERED,
    DeliveryState.FAILED,
    DeliveryState.EXPIRED,
    DeliveryState.CANCELLED,
]
_SEES_ALL = "webhook retention"


@dataclass(frozen=True, slots=True)
class Place:
    """How far the events have been gone through."""

    happened_at: datetime
    id: int


def strip_bodies(before: datetime, limit: int = BATCH) -> int:
    """Forgets what receivers wrote, of tries begun before then; answers of how many, less than `limit` when done."""
    oldest = db.session.execute(
        select(DeliveryAttempt.id, DeliveryAttempt.started_at)
        .where(DeliveryAttempt.response_body.is_not(None))
        .order_by(DeliveryAttempt.id)
        .limit(limit)
    ).all()
    old = [attempt_id for attempt_id, started_at in oldest if started_at < before]
    if old:
        db.session.execute(
            update(DeliveryAttempt)
            .where(DeliveryAttempt.id.in_(old))
            .values(response_body=None)
            .execution_options(synchronize_session=False)
        )
    return len(old)


def delete_facts(before: datetime, after: Place | None = None, limit: int = BATCH) -> Place | None:
    """Deletes events from before then with their deliveries and tries; answers how far it came, None when done.

    What is still to be sent stays, with its event. In transactions of its own, one for each account.
    """
    query = select(WebhookEvent.account_id, WebhookEvent.id, WebhookEvent.happened_at).where(
        WebhookEvent.happened_at < before
    )
    if after is not None:
        query = query.where(tuple_(WebhookEvent.happened_at, WebhookEvent.id) > (after.happened_at, after.id))
    with transaction(everything=_SEES_ALL, writes=False):
        rows = db.session.execute(query.order_by(WebhookEvent.happened_at, WebhookEvent.id).limit(limit)).all()
    by_account: dict[int, list[int]] = defaultdict(list)
    for account_id, event_id, _ in rows:
        by_account[account_id].append(event_id)
    for account_id in sorted(by_account):
        with transaction(account_id):
            _delete_events(by_account[account_id])
    return Place(rows[-1].happened_at, rows[-1].id) if len(rows) == limit else None


def _delete_events(events: Sequence[int]) -> None:
    """Of the entered account."""
    held = db.session.execute(
        select(WebhookDelivery.id, WebhookDelivery.state, WebhookDelivery.event_id)
        .where(WebhookDelivery.event_id.in_(events))
        .order_by(WebhookDelivery.id)
        .with_for_update()
    ).all()
    kept = {event_id for _, state, event_id in held if state not in _CLOSED}
    over = [delivery_id for delivery_id, _, event_id in held if event_id not in kept]
    gone = [event_id for event_id in events if event_id not in kept]
    for statement in (
        delete(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(over)),
        delete(WebhookDelivery).where(WebhookDelivery.id.in_(over)),
        delete(WebhookEvent).where(WebhookEvent.id.in_(gone)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


class Sweeper:
    """Goes through what is old now and then, beside the sending."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.extensions["portal.settings"]
        self._app = app
        self._bodies = timedelta(days=settings.webhook_body_days)
        self._facts = timedelta(days=settings.webhook_days)
        self._place: Place | None = None

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        pause = _SHORTEST_PAUSE
        while not stop.wait(pause):
            with self._app.app_context():
                pause = self.sweep()

    def sweep(self) -> float:
        """One batch of each kind; answers how many seconds to wait before the next."""
        began = monotonic()
        try:
            with transaction(everything=_SEES_ALL):
                stripped = strip_bodies(now() - self._bodies)
            self._place = delete_facts(now() - self._facts, self._place)
        except SQLAlchemyError as error:
            # The database has its reasons, which the sender tells of; what is old can wait.
            log.warning("webhook_retention_failed", error=type(error).__name__)
            return EVERY_SECONDS
        if stripped < BATCH and self._place is None:
            return EVERY_SECONDS
        return max(_SHORTEST_PAUSE, (monotonic() - began) * _SHARE)
