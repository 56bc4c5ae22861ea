"""The rate of a webhook: so many tries a minute at most, by all workers together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, bindparam, select, update

from portal.kernel.clock import UtcDateTime
from portal.webhooks.models import DeliveryState, WebhookDelivery, WebhookSubscription

_MINUTE = timedelta(minutes=1)
_DELIVERY = cast("Table", WebhookDelivery.__table__)
_WEBHOOK = cast("Table", WebhookSubscription.__table__)
_turn = _WEBHOOK.alias()
# In one statement: two workers that ask at the same moment are not both answered, whether it is a transaction or not.
_TAKE_TURN = (
    update(_WEBHOOK)
    .where(
        _WEBHOOK.c.id
        == select(_turn.c.id)
        .where(
            _turn.c.id == bindparam("webhook_id"),
            _turn.c.next_send_at.is_(None) | (_turn.c.next_send_at <= bindparam("now", type_=UtcDateTime)),
        )
        .with_for_update(key_share=True, skip_locked=True)
        .scalar_subquery()
    )
    .values(next_send_at=bindparam("until", type_=UtcDateTime))
)


def turned_away(connection: Connection, held: Iterable[tuple[int, int, int]], now: datetime) -> set[int]:
    """Of claimed deliveries (webhook, its rate, delivery), those that its rate does not let out now: they wait again.

    The statement that claims takes one at most of a webhook with a rate; who comes second is another worker at the same
    moment. Nobody waits for a lock here, since deliveries are held already.
    """
    away, asked = set(), set()
    for webhook_id, rate, delivery_id in held:
        if webhook_id in asked or not _takes_turn(connection, webhook_id, rate, now):
            away.add(delivery_id)
        asked.add(webhook_id)
    _put_back(connection, sorted(away), now)
    return away


def _takes_turn(connection: Connection, webhook_id: int, rate: int, now: datetime) -> bool:
    turn = {"webhook_id": webhook_id, "now": now, "until": now + _MINUTE / rate}
    return connection.execute(_TAKE_TURN, turn).rowcount == 1


def _put_back(connection: Connection, deliveries: Sequence[int], now: datetime) -> None:
    if deliveries:
        connection.execute(
            update(_DELIVERY)
            .where(_DELIVERY.c.id.in_(deliveries))
            .values(state=DeliveryState.WAITING.value, claim=None, due_at=now)
        )
