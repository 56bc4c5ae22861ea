"""How the last day went, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select

from portal.kernel.db import db
from portal.webhooks.models import DeliveryState, WebhookDelivery

HOURS = 24


@dataclass(frozen=True, slots=True)
class Hour:
    """The deliveries that arose within an hour from `since` on, as they stand now."""

    since: datetime
    delivered: int
    lost: int
    """Given up, or too late."""
    open: int

    @property
    def count(self) -> int:
        """All of them but the cancelled ones."""
        return self.delivered + self.lost + self.open


_KINDS = (
    (DeliveryState.DELIVERED,),
    (DeliveryState.FAILED, DeliveryState.EXPIRED),
    (DeliveryState.WAITING, DeliveryState.SENDING),
)


def last_day(webhook_id: int, now: datetime) -> list[Hour]:
    """The last 24 hours, oldest first, the present one last; one pass over the day's deliveries."""
    begin = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    starts = [begin + timedelta(hours=number) for number in range(HOURS)]
    counts = [
        func.count().filter(
            and_(
                WebhookDelivery.created_at >= start,
                WebhookDelivery.created_at < start + timedelta(hours=1),
                WebhookDelivery.state.in_(states),
            )
        )
        for start in starts
        for states in _KINDS
    ]
    row = db.session.execute(
        select(*counts)
        .select_from(WebhookDelivery)
        .where(
            WebhookDelivery.subscription_id == webhook_id,
            WebhookDelivery.created_at >= begin,
            WebhookDelivery.is_test.is_(False),
        )
    ).one()
    return [Hour(start, *row[index * 3 : index * 3 + 3]) for index, start in enumerate(starts)]
