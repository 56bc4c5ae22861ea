"""A delivery that one sender holds, and how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Table, bindparam, select

from portal.kernel.among import among
from portal.kernel.clock import UtcDateTime
from portal.kernel.prepared import PreparedForAll
from portal.webhooks.models import (
    DeliveryState,
    EventType,
    Lane,
    Method,
    SubscriptionState,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from portal.webhooks.offers import Offer
from portal.webhooks.sending.dress import Dress
from portal.webhooks.wire import Parameter

_DELIVERY = cast("Table", WebhookDelivery.__table__)
_WEBHOOK = cast("Table", WebhookSubscription.__table__)
_EVENT = cast("Table", WebhookEvent.__table__)
_events = _EVENT.c


class Facts(NamedTuple):
    """What is asked of a delivery, its webhook and its event, in the order of `_FACTS`."""

    id: int
    account_id: int
    subscription_id: int
    public_id: str
    step: int
    attempts: int
    expires_at: datetime | None
    lane: int
    created_at: datetime
    is_test: bool
    due_at: datetime
    url: str
    probe_at: datetime | None
    rate_per_minute: int | None
    method: str
    headers: Sequence[Sequence[Any]] | None
    secret: str | None
    old_secret: str | None
    old_secret_until: datetime | None
    type: str
    parameters: Sequence[Sequence[str]]
    happened_at: datetime


_FACTS = (
    select(
        *(_DELIVERY.c[name] for name in Facts._fields[:11]),
        *(_WEBHOOK.c[name] for name in Facts._fields[11:19]),
        *(_events[name] for name in Facts._fields[19:]),
    )
    .join(_WEBHOOK, _WEBHOOK.c.id == _DELIVERY.c.subscription_id)
    .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
    .order_by(_DELIVERY.c.lane, _DELIVERY.c.created_at, _DELIVERY.c.id)
)
_CLAIMED = PreparedForAll(_FACTS.where(among(_DELIVERY.c.id, "ids")))
# As long as its webhook has not come to harm meanwhile: what its failures or its rate hold back is for the queue.
_OFFERED = PreparedForAll(
    _FACTS.where(
        _events.id == bindparam("event_id"),
        _DELIVERY.c.account_id == _events.account_id,
        _DELIVERY.c.claim == bindparam("claim"),
        _DELIVERY.c.state == DeliveryState.WAITING.value,
        _DELIVERY.c.due_at > bindparam("now", type_=UtcDateTime),
        _WEBHOOK.c.state == SubscriptionState.ACTIVE.value,
        _WEBHOOK.c.removed_at.is_(None),
        _WEBHOOK.c.failures == 0,
        _WEBHOOK.c.probe_at.is_(None),
        _WEBHOOK.c.rate_per_minute.is_(None),
    )
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
    lane: Lane
    created_at: datetime
    is_probe: bool
    """Its webhook is failing: this one goes out to see whether the receiver is back."""
    is_offer: bool = False
    """Until `lease_until` nobody else claims it; to be held for longer it must be claimed."""


def facts_of(connection: Connection, ids: Sequence[int]) -> list[Facts]:
    """What `claimed` wants to know of these deliveries, in the order in which they go."""
    return [Facts(*row) for row in _CLAIMED.all(connection, ids=ids)]


def offered(connection: Connection, offer: Offer, now: datetime) -> list[ClaimedDelivery]:
    """What was offered and still is."""
    rows = (Facts(*row) for row in _OFFERED.all(connection, event_id=offer.event_id, claim=offer.claim, now=now))
    return [replace(claimed(row, offer.claim, row.due_at), is_offer=True) for row in rows]


def claimed(row: Facts, word: str, lease_until: datetime) -> ClaimedDelivery:
    """The delivery of these facts, held with this claim."""
    return ClaimedDelivery(
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
        Lane(row.lane),
        row.created_at,
        row.probe_at is not None,
    )
