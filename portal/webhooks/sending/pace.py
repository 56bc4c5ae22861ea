"""The rate of a webhook: so many tries a minute at most, by all workers together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, select, update

from portal.webhooks.models import DeliveryState, WebhookDelivery, WebhookSubscription

_MINUTE = timedelta(minutes=1)
_DELIVERY = cast("Table", WebhookDelivery.__table__)
_WEBHOOK = cast("Table", WebhookSubscription.__table__)


def turned_away(connection: Connection, held: Iterable[tuple[int, int]], now: datetime) -> set[int]:
    """Of claimed deliveries (webhook, delivery), those that its rate does not let out now: they wait again.

    The statement that claims takes one at most of a webhook with a rate; who comes second is another worker at the same
    moment. Nobody waits for a lock here, since deliveries are held already.
    """
    by_hook: dict[int, list[int]] = {}
    for webhook_id, delivery_id in held:
        by_hook.setdefault(webhook_id, []).append(delivery_id)
    if not by_hook:
        return set()
    free = connection.execute(
        select(_WEBHOOK.c.id, _WEBHOOK.c.rate_per_minute)
        .where(
            _WEBHOOK.c.id.in_(by_hook),
            _WEBHOOK.c.next_send_at.is_(None) | (_WEBHOOK.c.next_send_at <= now),
        )
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    going: set[int] = set()
    for webhook_id, rate in free:
        going.add(by_hook[webhook_id][0])
        until = now + _MINUTE / rate if rate else None
        connection.execute(update(_WEBHOOK).where(_WEBHOOK.c.id == webhook_id).values(next_send_at=until))
    away = {each for found in by_hook.values() for each in found} - going
    _put_back(connection, sorted(away), now)
    return away


def _put_back(connection: Connection, deliveries: Sequence[int], now: datetime) -> None:
    if deliveries:
        connection.execute(
            update(_DELIVERY)
            .where(_DELIVERY.c.id.in_(deliveries))
            .values(state=DeliveryState.WAITING.value, claim=None, due_at=now)
        )
