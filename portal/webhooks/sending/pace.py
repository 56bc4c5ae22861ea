"""The rate of a webhook: so many tries a minute at most, by all workers together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from portal.kernel.db import db
from portal.webhooks.models import DeliveryState, WebhookDelivery, WebhookSubscription

_MINUTE = timedelta(minutes=1)


def turned_away(held: Iterable[tuple[int, int]], now: datetime) -> set[int]:
    """Of claimed deliveries (webhook, delivery), those that its rate does not let out now: they wait again.

    The statement that claims takes one at most of a webhook with a rate; who comes second is another worker at the same
    moment. Nobody waits for a lock here, since deliveries are held already.
    """
    by_hook: dict[int, list[int]] = {}
    for webhook_id, delivery_id in held:
        by_hook.setdefault(webhook_id, []).append(delivery_id)
    if not by_hook:
        return set()
    free = db.session.execute(
        select(WebhookSubscription.id, WebhookSubscription.rate_per_minute)
        .where(
            WebhookSubscription.id.in_(by_hook),
            WebhookSubscription.next_send_at.is_(None) | (WebhookSubscription.next_send_at <= now),
        )
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    going: set[int] = set()
    for webhook_id, rate in free:
        going.add(by_hook[webhook_id][0])
        _put_off(webhook_id, now + _MINUTE / rate if rate else None)
    away = {each for found in by_hook.values() for each in found} - going
    _put_back(sorted(away), now)
    return away


def _put_off(webhook_id: int, until: datetime | None) -> None:
    db.session.execute(
        update(WebhookSubscription)
        .where(WebhookSubscription.id == webhook_id)
        .values(next_send_at=until)
        .execution_options(synchronize_session=False)
    )


def _put_back(deliveries: Sequence[int], now: datetime) -> None:
    if deliveries:
        db.session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id.in_(deliveries))
            .values(state=DeliveryState.WAITING, claim=None, due_at=now)
            .execution_options(synchronize_session=False)
        )
