"""What came of a try, written down: the attempt as evidence, and where its delivery stands now, in one transaction."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, insert, select, update
from sqlalchemy.orm import aliased

from portal.kernel.bells import live_topic
from portal.kernel.db import db, ring
from portal.webhooks import schedule
from portal.webhooks.models import (
    DeliveryAttempt,
    DeliveryState,
    EventType,
    WebhookDelivery,
    WebhookSubscription,
)
from portal.webhooks.queue import ClaimedDelivery
from portal.webhooks.schedule import Verdict


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What was sent and what came back; the fields of `DeliveryAttempt` under the same names."""

    started_at: datetime
    ended_at: datetime
    request_line: str
    request_headers: list[list[str]]
    status: int | None
    failure: str | None
    failure_text: str | None
    response_headers: list[list[str]] | None
    response_body: str | None
    is_cut: bool
    peer: str | None
    phases: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """A claimed delivery and what came of trying it."""

    delivery: ClaimedDelivery
    exchanged: Exchanged
    verdict: Verdict
    retry_after: timedelta | None


_KEPT = [field.name for field in fields(Exchanged) if field.name != "ended_at"]


_KEPT = [field.name for field in fields(Exchanged) if field.name != "ended_at"]


def complete(finished: Iterable[Finished]) -> list[Finished]:
    """Notes each try whose claim still holds, and answers those; a sender that lost its claim changes nothing.

    Called inside a transaction that sees everything.
    """
    # In one order, so that two workers never wait for each other.
    noted = [each for each in sorted(finished, key=lambda each: each.delivery.id) if _move_on(each)]
    if noted:
        db.session.execute(insert(DeliveryAttempt), [_evidence(each) for each in noted])
        _let_ends_go([each.delivery.id for each in noted if each.delivery.event is EventType.CALL_STARTED])
        ring(*{live_topic(each.delivery.account_id, "webhooks-changed") for each in noted})
    return noted


def _move_on(finished: Finished) -> bool:
    """The delivery's new state; False where somebody else holds the delivery by now."""
    delivery, exchanged = finished.delivery, finished.exchanged
    changed = db.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery.id, WebhookDelivery.claim == delivery.claim)
        .values(
            **_standing(finished),
            claim=None,
            step=delivery.step + 1,
            attempts=delivery.attempts + 1,
            last_status=exchanged.status,
            last_failure=exchanged.failure,
            last_attempt_at=exchanged.ended_at,
        )
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def _standing(finished: Finished) -> dict[str, Any]:
    delivery, ended_at = finished.delivery, finished.exchanged.ended_at
    outcome = schedule.after_try(
        schedule.SCHEDULES[delivery.event],
        finished.verdict,
        step=delivery.step,
        now=ended_at,
        expires_at=delivery.expires_at,
        retry_after=finished.retry_after,
        chance=random.random(),  # noqa: S311 -- spreads the load, keeps no secret
    )
    if outcome.due_at is None:
        return {"state": outcome.state, "due_at": ended_at, "finished_at": ended_at}
    # Removed while this try was in the air: it joins what the removal cancelled, and comes back with it.
    removed_at = (
        select(WebhookSubscription.removed_at)
        .where(WebhookSubscription.id == delivery.subscription_id)
        .scalar_subquery()
    )
    state = case((removed_at.is_not(None), DeliveryState.CANCELLED), else_=outcome.state)
    return {"state": state, "due_at": outcome.due_at, "finished_at": removed_at}


def _evidence(finished: Finished) -> dict[str, Any]:
    delivery = finished.delivery
    return {
        "account_id": delivery.account_id,
        "delivery_id": delivery.id,
        "number": delivery.attempts + 1,
        **{name: getattr(finished.exchanged, name) for name in _KEPT},
    }


def _let_ends_go(starts: Sequence[int]) -> None:
    """The ends that waited for these starts are due now, where the start has come to its end one way or the other."""
    if not starts:
        return
    start = aliased(WebhookDelivery)
    over = select(start.id).where(
        start.id.in_(starts), start.state.not_in([DeliveryState.WAITING, DeliveryState.SENDING])
    )
    db.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.waits_for_id.in_(over), WebhookDelivery.state == DeliveryState.WAITING)
        .values(waits_for_id=None, due_at=WebhookDelivery.created_at)
        .execution_options(synchronize_session=False)
    )
