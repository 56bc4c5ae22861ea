"""What came of a try, written down: the attempt as evidence, and where its delivery stands now, in one transaction."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, cast

from sqlalchemy import BindParameter, String, Table, and_, bindparam, case, insert, select, update
from sqlalchemy.orm import aliased

from portal.kernel.bells import live_topic
from portal.kernel.clock import UtcDateTime
from portal.kernel.db import db, ring
from portal.webhooks.models import (
    DeliveryAttempt,
    DeliveryState,
    EventType,
    Lane,
    WebhookDelivery,
    WebhookSubscription,
)
from portal.webhooks.sending import health, schedule
from portal.webhooks.sending.finished import Exchanged, Finished

_KEPT = [field.name for field in fields(Exchanged) if field.name != "ended_at"]

# Statements stand ready, and name the tables themselves: the mapped classes would have each of them built anew for each
# delivery, which costs more than the database takes to run it.
_DELIVERY = cast("Table", WebhookDelivery.__table__)
_WEBHOOK = cast("Table", WebhookSubscription.__table__)
_HELD = (
    select(_DELIVERY.c.id, _DELIVERY.c.claim)
    .where(_DELIVERY.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_DELIVERY.c.id)
    .with_for_update()
)
_removed_at = select(_WEBHOOK.c.removed_at).where(_WEBHOOK.c.id == _DELIVERY.c.subscription_id).scalar_subquery()
_state: BindParameter[str] = bindparam("new_state", type_=String(16))
_goes_on = _state == DeliveryState.WAITING.value
_MOVE_ON = (
    update(_DELIVERY)
    .where(_DELIVERY.c.id == bindparam("delivery_id"))
    .values(
        # Removed while this try was in the air: it joins what the removal cancelled, and comes back with it.
        state=case((and_(_goes_on, _removed_at.is_not(None)), DeliveryState.CANCELLED.value), else_=_state),
        finished_at=case((_goes_on, _removed_at), else_=bindparam("ended_at", type_=UtcDateTime)),
        due_at=bindparam("new_due_at", type_=UtcDateTime),
        claim=None,
        step=_DELIVERY.c.step + bindparam("spent"),
        attempts=_DELIVERY.c.attempts + 1,
        last_status=bindparam("new_status"),
        last_failure=bindparam("new_failure"),
        last_attempt_at=bindparam("ended_at", type_=UtcDateTime),
    )
)
_NOTE = insert(cast("Table", DeliveryAttempt.__table__))


def complete(finished: Iterable[Finished]) -> list[Finished]:
    """Notes each try whose claim still holds, and answers those; a sender that lost its claim changes nothing.

    Called inside a transaction that sees everything.
    """
    finished = list(finished)
    if not finished:
        return []
    hooks = health.hold(finished)
    # In one order, so that two workers never wait for each other.
    rows = db.session.execute(_HELD, {"ids": [each.delivery.id for each in finished]})
    claims = {row.id: row.claim for row in rows}
    noted = [each for each in finished if claims.get(each.delivery.id) == each.delivery.claim]
    if noted:
        db.session.execute(_MOVE_ON, [_moves_on(each) for each in noted])
        db.session.execute(_NOTE, [_evidence(each) for each in noted])
        _let_ends_go([each.delivery.id for each in noted if each.delivery.event is EventType.CALL_STARTED])
        health.note(hooks, noted)
        ring(*{live_topic(each.delivery.account_id, "webhooks-changed") for each in noted})
    return noted


def _moves_on(finished: Finished) -> dict[str, Any]:
    """The delivery's new state."""
    delivery, exchanged = finished.delivery, finished.exchanged
    outcome = _outcome(finished)
    return {
        "delivery_id": delivery.id,
        "new_state": outcome.state.value,
        "new_due_at": outcome.due_at or exchanged.ended_at,
        "ended_at": exchanged.ended_at,
        "spent": 0 if delivery.is_probe else 1,
        "new_status": exchanged.status,
        "new_failure": exchanged.failure,
    }


def _outcome(finished: Finished) -> schedule.Outcome:
    delivery, plan = finished.delivery, schedule.SCHEDULES[finished.delivery.event]
    if delivery.is_probe:
        return schedule.after_probe(
            plan,
            finished.verdict,
            began_at=None if delivery.lane is Lane.REPEAT else delivery.created_at,
            now=finished.exchanged.ended_at,
            expires_at=delivery.expires_at,
        )
    return schedule.after_try(
        plan,
        finished.verdict,
        step=delivery.step,
        now=finished.exchanged.ended_at,
        expires_at=delivery.expires_at,
        retry_after=finished.retry_after,
        chance=random.random(),  # noqa: S311 -- spreads the load, keeps no secret
    )


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
