"""What came of a try, written down: the attempt as evidence, and where its delivery stands now, in one transaction."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import BindParameter, Connection, String, Table, and_, bindparam, case, insert, select, update
from sqlalchemy.orm import Session

from portal.kernel.bells import live_topic
from portal.kernel.clock import UtcDateTime, to_microseconds
from portal.kernel.db import ring
from portal.kernel.prepared import PreparedForAll, given
from portal.webhooks.models import (
    DeliveryAttempt,
    DeliveryState,
    EventType,
    Lane,
    WebhookDelivery,
    WebhookSubscription,
)
from portal.webhooks.sending import health, schedule
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.finished import Exchanged, Finished
from portal.webhooks.sending.note_sql import COLUMNS, arrived_statement
from portal.webhooks.sending.schedule import Verdict

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
_EVIDENCE = PreparedForAll(_NOTE.values(given(COLUMNS)))
_start = _DELIVERY.alias()
_OPEN = [DeliveryState.WAITING.value, DeliveryState.SENDING.value]
# The ends that waited for these starts are due now, where the start has come to its end one way or the other.
_LET_ENDS_GO = (
    update(_DELIVERY)
    .where(
        _DELIVERY.c.waits_for_id.in_(
            select(_start.c.id).where(
                _start.c.id.in_(bindparam("starts", expanding=True)), _start.c.state.not_in(_OPEN)
            )
        ),
        _DELIVERY.c.state == DeliveryState.WAITING.value,
    )
    .values(waits_for_id=None, due_at=_DELIVERY.c.created_at)
)


@cache
def _arrived(*, is_sqlite: bool) -> PreparedForAll:
    return PreparedForAll(arrived_statement(is_sqlite=is_sqlite))


def complete_plain(connection: Connection, finished: Sequence[Finished], *, is_sqlite: bool) -> list[Finished]:
    """Notes the successes of webhooks that did not fail before, which change nothing else; answers all other tries.

    In a transaction that sees everything. Nearly all tries are such, and they take the short way.
    """
    arrived = sorted(
        (each for each in finished if each.verdict is Verdict.DELIVERED), key=lambda each: each.delivery.id
    )
    if not arrived:
        return list(finished)
    tries = told_of(arrived, is_sqlite=is_sqlite)
    ids = {number for (number,) in _arrived(is_sqlite=is_sqlite).all(connection, tries=tries)}
    noted = [each for each in arrived if each.delivery.id in ids]
    if is_sqlite:
        # Bound values: to take them out of JSON again costs more than to insert them.
        _EVIDENCE.run(connection, [_evidence(each) for each in noted])
    _let_ends_go(connection, noted)
    return [each for each in finished if each.delivery.id not in ids]


def told_of(arrived: Iterable[Finished], *, is_sqlite: bool) -> str:
    """What the statement that notes them is given, moments as the database's columns hold them."""
    if is_sqlite:
        return json.dumps([_arrival(each) for each in arrived], default=to_microseconds)
    return json.dumps([_evidence(each) | _arrival(each) for each in arrived], default=datetime.isoformat)


def _arrival(finished: Finished) -> dict[str, Any]:
    return {
        "delivery_id": finished.delivery.id,
        "claim": finished.delivery.claim,
        "ended_at": finished.exchanged.ended_at,
        "status": finished.exchanged.status,
        "spent": _spent(finished),
    }


def complete(session: Session, finished: Sequence[Finished]) -> list[Finished]:
    """Notes each try whose claim still holds, and what it tells of its webhook; answers those that were noted.

    A sender that lost its claim changes nothing. In a transaction that sees everything.
    """
    hooks = health.hold(session, finished)
    # In one order, so that two workers never wait for each other.
    rows = session.execute(_HELD, {"ids": [each.delivery.id for each in finished]})
    claims = {row.id: row.claim for row in rows}
    noted = [each for each in finished if claims.get(each.delivery.id) == each.delivery.claim]
    if noted:
        session.execute(_MOVE_ON, [_moves_on(each, hooks.get(each.delivery.subscription_id)) for each in noted])
        session.execute(_NOTE, [_evidence(each) for each in noted])
        _let_ends_go(session, noted)
        health.note(hooks, noted)
        ring(*{live_topic(each.delivery.account_id, "webhooks-changed") for each in noted})
    return noted


def _let_ends_go(database: Connection | Session, noted: Sequence[Finished]) -> None:
    starts = [each.delivery.id for each in noted if each.delivery.event is EventType.CALL_STARTED]
    if starts:
        database.execute(_LET_ENDS_GO, {"starts": starts})


def _spent(finished: Finished) -> int:
    """How many of the delivery's tries: the breaker's probes are not its own."""
    return 0 if finished.delivery.is_probe else 1


def _moves_on(finished: Finished, hook: WebhookSubscription | None) -> dict[str, Any]:
    """The delivery's new state; `hook` as it was before this try, None where that changes nothing in it."""
    delivery, exchanged = finished.delivery, finished.exchanged
    outcome = _outcome(finished, hook.first_failure_at if hook else None)
    return {
        "delivery_id": delivery.id,
        "new_state": outcome.state.value,
        "new_due_at": outcome.due_at or exchanged.ended_at,
        "ended_at": exchanged.ended_at,
        "spent": _spent(finished),
        "new_status": exchanged.status,
        "new_failure": exchanged.failure,
    }


def _outcome(finished: Finished, first_failure_at: datetime | None) -> schedule.Outcome:
    delivery, plan = finished.delivery, schedule.SCHEDULES[finished.delivery.event]
    ended_at = finished.exchanged.ended_at
    if delivery.is_probe and not delivery.dress.is_test:
        return schedule.after_probe(
            plan,
            finished.verdict,
            began_at=_began_at(delivery, first_failure_at or ended_at),
            now=ended_at,
            expires_at=delivery.expires_at,
        )
    return schedule.after_try(
        plan,
        finished.verdict,
        step=delivery.step,
        now=ended_at,
        expires_at=delivery.expires_at,
        retry_after=finished.retry_after,
        chance=random.random(),  # noqa: S311 -- spreads the load, keeps no secret
    )


def _began_at(delivery: ClaimedDelivery, failing_from: datetime) -> datetime | None:
    """From when on it waits behind its failing webhook: what it waited for a pause or a rate spends nothing."""
    return None if delivery.lane is Lane.REPEAT else max(delivery.created_at, failing_from)


def _evidence(finished: Finished) -> dict[str, Any]:
    delivery = finished.delivery
    return {
        "account_id": delivery.account_id,
        "delivery_id": delivery.id,
        "number": delivery.attempts + 1,
        **{name: getattr(finished.exchanged, name) for name in _KEPT},
    }
