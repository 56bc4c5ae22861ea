"""Calls that happen, and a worker that runs: what the tests of this room stand on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.accounts.trail.models import AuditEntry
from portal.calls.events import CallFinished, CallStarted
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import db, ring, transaction
from portal.kernel.events import publish
from portal.webhooks import services
from portal.webhooks.models import (
    DeliveryState,
    EventType,
    SubscriptionState,
    WebhookDelivery,
    WebhookSubscription,
)
from portal.webhooks.outbox import BELL
from portal.webhooks.sending.schedule import LEASE
from portal.webhooks.sending.worker import Worker
from portal.webhooks.urls import SendableUrl
from tests.support.receiver import PATIENCE

T = TypeVar("T")
CALL_ID = "c1f926a8f5727b77f9cbf39d8f35d061"


def call_record(**facts: Any) -> CallRecord:
    """The call of the contract's example: answered by SIP/0000000672 after 5 seconds, 12 seconds long."""
    started_at = facts.pop("started_at", None) or now() - timedelta(seconds=17)
    return CallRecord(
        **{
            "api_call_id": CALL_ID,
            "switch": "main",
            "kind": "incoming",
            "caller": "79039998877",
            "did": "79037778899",
            "callee": "SIP/0000000672",
            "started_at": started_at,
            "answered_at": started_at + timedelta(seconds=5),
            "ended_at": started_at + timedelta(seconds=17),
            "outcome": "answered",
            "talk_seconds": 12,
            "caller_wait_seconds": 5,
            "price": Decimal("1.5"),
            "search_text": "",
            **facts,
        }
    )


@dataclass
class Company:
    """One account's calls and webhooks, each in a transaction of its own as in life."""

    app: Flask
    id: int

    def listens(self, url: str, event: EventType = EventType.CALL_FINISHED) -> int:
        """Adds a webhook; answers its id."""
        with self.app.app_context(), transaction(self.id):
            return services.add_webhook(SendableUrl(url, url), event).id

    def does(self, act: Callable[..., Any], *arguments: Any) -> None:
        """One of the services."""
        with self.app.app_context(), transaction(self.id):
            act(*arguments)

    def starts(self, api_call_id: str = CALL_ID, **facts: Any) -> None:
        """A call comes in."""
        facts = {"started_at": now(), "ended_at": None, "answered_at": None, "outcome": None, **facts}
        with self.app.app_context(), transaction(self.id):
            call = call_record(api_call_id=api_call_id, **facts)
            db.session.add(call)
            db.session.flush()
            publish(CallStarted(call))

    def ends(self, api_call_id: str = CALL_ID, **facts: Any) -> None:
        """A call ends: one that had started, or one that is heard of only now."""
        with self.app.app_context(), transaction(self.id):
            call = db.session.scalar(select(CallRecord).where(CallRecord.api_call_id == api_call_id))
            if call is None:
                call = call_record(api_call_id=api_call_id, **facts)
                db.session.add(call)
                db.session.flush()
            call.ended_at = call.ended_at or now()
            publish(CallFinished(call))

    def reads(self, query: Callable[[], T]) -> T:
        """What a query gives."""
        with self.app.app_context(), transaction(self.id, writes=False):
            return query()

    def audit(self, action: str) -> list[AuditEntry]:
        """The lines of the audit trail for an action."""
        return self.reads(lambda: list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action))))

    def deliveries(self) -> list[WebhookDelivery]:
        """All of them with their attempts, oldest first."""
        with self.app.app_context(), transaction(self.id, writes=False):
            return list(
                db.session.scalars(
                    select(WebhookDelivery)
                    .options(selectinload(WebhookDelivery.tries), selectinload(WebhookDelivery.event))
                    .order_by(WebhookDelivery.id)
                )
            )

    def webhook(self, webhook_id: int) -> WebhookSubscription:
        """One webhook as it is now."""
        with self.app.app_context(), transaction(self.id, writes=False):
            return db.session.get_one(WebhookSubscription, webhook_id)

    def wait_until(self, state: DeliveryState, count: int = 1, *, tried: int = 0) -> list[WebhookDelivery]:
        """The deliveries, as soon as so many of them are in this state, each after so many tries at least."""
        return self._wait(lambda rows: sum(row.state == state and row.attempts >= tried for row in rows) >= count)

    def wait_for_attempts(self, count: int) -> list[WebhookDelivery]:
        """The deliveries, as soon as each was tried so often and none is in the air."""
        return self._wait(
            lambda rows: all(row.attempts >= count and row.state != DeliveryState.SENDING for row in rows)
        )

    def wait_until_failing(self, webhook_id: int) -> None:
        """Until the webhook's breaker is open."""
        self._wait(lambda _rows: self.webhook(webhook_id).is_failing)

    def wait_for_state(self, webhook_id: int, state: SubscriptionState) -> None:
        """Until the webhook is in this state."""
        self._wait(lambda _rows: self.webhook(webhook_id).state == state)

    def _wait(self, is_there: Callable[[list[WebhookDelivery]], bool]) -> list[WebhookDelivery]:
        # A worker's last commit may come through after it was killed: then its lease is waited for.
        give_up_at = time.monotonic() + LEASE.total_seconds() + 2 * PATIENCE
        while True:
            deliveries = self.deliveries()
            if is_there(deliveries):
                return deliveries
            assert time.monotonic() < give_up_at, [(each.state, each.attempts) for each in deliveries]
            time.sleep(0.02)

    def hurries(self, seconds: float = 3600) -> None:
        """Time passes for whatever waits: it is due that much earlier."""
        with self.app.app_context(), transaction(self.id):
            for delivery in db.session.scalars(
                select(WebhookDelivery).where(WebhookDelivery.state == DeliveryState.WAITING)
            ):
                delivery.due_at -= timedelta(seconds=seconds)
            ring(BELL)


def until(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Waits for what a worker is to bring about; fails with this sentence where it has not come after so long."""
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, f"after {seconds:.0f} s {what}"
        time.sleep(0.02)


@contextmanager
def working(app: Flask) -> Iterator[Worker]:
    """A worker in a thread of its own, stopped in good order at the end."""
    worker, stop = Worker(app), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), name="worker under test")
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(timeout=PATIENCE)
        assert not thread.is_alive()
