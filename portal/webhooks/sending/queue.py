"""The queue over all accounts: the deliveries themselves. Each function belongs into a transaction that sees all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import bindparam, func, select, text, update

from portal.kernel.bells import live_topic
from portal.kernel.clock import UtcDateTime
from portal.kernel.db import db, ring
from portal.kernel.secrets import random_word
from portal.webhooks.models import DeliveryState, EventType, Method, WebhookDelivery, WebhookEvent, WebhookSubscription
from portal.webhooks.sending.claim_sql import claim_statement
from portal.webhooks.sending.dress import Dress
from portal.webhooks.sending.schedule import LEASE
from portal.webhooks.wire import Parameter

# Statements stand ready: to build them anew each time costs more than the database takes to run them.
_statement = cache(claim_statement)
_CLAIMED = (
    select(
        WebhookDelivery.id,
        WebhookDelivery.account_id,
        WebhookDelivery.subscription_id,
        WebhookDelivery.public_id,
        WebhookDelivery.step,
        WebhookDelivery.attempts,
        WebhookDelivery.expires_at,
        WebhookSubscription.url,
        WebhookEvent.type,
        WebhookEvent.parameters,
        WebhookEvent.happened_at,
        WebhookDelivery.is_test,
        WebhookSubscription.method,
        WebhookSubscription.headers,
        WebhookSubscription.secret,
        WebhookSubscription.old_secret,
        WebhookSubscription.old_secret_until,
    )
    .join(WebhookSubscription, WebhookSubscription.id == WebhookDelivery.subscription_id)
    .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
    .where(WebhookDelivery.id.in_(bindparam("ids", expanding=True)))
    .order_by(WebhookDelivery.lane, WebhookDelivery.created_at, WebhookDelivery.id)
)
_NEXT_DUE = select(func.min(WebhookDelivery.due_at)).where(
    text("state in ('waiting', 'sending')"),  # word for word the index's own condition
    WebhookDelivery.due_at > bindparam("now", type_=UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that one sender holds until `lease_until`, with everything needed to send it."""

    id: int
    account_id: int
    subscription_id: int
    claim: str
    lease_until: datetime
    public_id: str
    event: EventType
    url: str
    parameters: tuple[Parameter, ...]
    dress: Dress
    step: int
    attempts: int
    expires_at: datetime | None


def claim(number: int, *, per_webhook: int, now: datetime, is_sqlite: bool) -> list[ClaimedDelivery]:
    """At most `number` due deliveries, no webhook having more than `per_webhook` in flight, over all workers.

    Starts of calls come before ends, ends before repeats; within that the accounts take turns. A delivery whose
    holder's lease ran out is due again. The claim is new each time, so that the former holder can complete nothing.
    """
    word, lease_until = random_word(32), now + LEASE
    ids = db.session.scalars(
        _statement(is_sqlite=is_sqlite),
        {"now": now, "lease_until": lease_until, "claim": word, "cap": per_webhook, "number": number},
    ).all()
    if not ids:
        return []
    return [
        ClaimedDelivery(
            row.id,
            row.account_id,
            row.subscription_id,
            word,
            lease_until,
            row.public_id,
            EventType(row.type),
            row.url,
            tuple((name, value) for name, value in row.parameters),
            Dress(
                Method(row.method),
                row.headers or (),
                row.secret,
                row.old_secret,
                row.old_secret_until,
                row.happened_at,
                row.is_test,
            ),
            row.step,
            row.attempts,
            row.expires_at,
        )
        for row in db.session.execute(_CLAIMED, {"ids": ids})
    ]


def next_due(now: datetime) -> datetime | None:
    """When the next delivery that waits, or lease that runs out, will be due; None when nothing will."""
    return db.session.scalar(_NEXT_DUE, {"now": now})


def expire(now: datetime) -> int:
    """Gives up what is worth nothing any more, also of webhooks that do not send; answers how many."""
    accounts: Sequence[int] = db.session.scalars(
        update(WebhookDelivery)
        .where(WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.expires_at <= now)
        .values(state=DeliveryState.EXPIRED, finished_at=now)
        .returning(WebhookDelivery.account_id)
        .execution_options(synchronize_session=False)
    ).all()
    ring(*(live_topic(account_id, "webhooks-changed") for account_id in set(accounts)))
    return len(accounts)
