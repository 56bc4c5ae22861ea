"""The queue over all accounts: the deliveries themselves. All in the given transaction, which sees every account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import CompoundSelect, Connection, Table, bindparam, case, func, select, text, union_all, update

from portal.kernel.clock import UtcDateTime
from portal.kernel.secrets import random_word
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
from portal.webhooks.sending import pace
from portal.webhooks.sending.claim_sql import claim_statement
from portal.webhooks.sending.dress import Dress
from portal.webhooks.sending.schedule import END, LEASE
from portal.webhooks.wire import Parameter

# Statements stand ready, and name the tables themselves: to build them anew each time, as the mapped classes would,
# costs more than the database takes to run them.
_statement = cache(claim_statement)
_GIVEN_UP_AT_ONCE = 500
_DELIVERY = cast("Table", WebhookDelivery.__table__)
_WEBHOOK = cast("Table", WebhookSubscription.__table__)
_EVENT = cast("Table", WebhookEvent.__table__)
_TELL = (
    select(
        _DELIVERY.c.id,
        _DELIVERY.c.account_id,
        _DELIVERY.c.subscription_id,
        _DELIVERY.c.public_id,
        _DELIVERY.c.step,
        _DELIVERY.c.attempts,
        _DELIVERY.c.expires_at,
        _DELIVERY.c.lane,
        _DELIVERY.c.created_at,
        _DELIVERY.c.is_test,
        _WEBHOOK.c.url,
        _WEBHOOK.c.probe_at,
        _WEBHOOK.c.rate_per_minute,
        _WEBHOOK.c.method,
        _WEBHOOK.c.headers,
        _WEBHOOK.c.secret,
        _WEBHOOK.c.old_secret,
        _WEBHOOK.c.old_secret_until,
        _EVENT.c.type,
        _EVENT.c.parameters,
        _EVENT.c.happened_at,
    )
    .join(_WEBHOOK, _WEBHOOK.c.id == _DELIVERY.c.subscription_id)
    .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
    .where(_DELIVERY.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_DELIVERY.c.lane, _DELIVERY.c.created_at, _DELIVERY.c.id)
)
_NOW = bindparam("now", type_=UtcDateTime)
_NEXT_DUE: CompoundSelect[Any] = union_all(
    select(func.min(_DELIVERY.c.due_at)).where(
        text("state in ('waiting', 'sending')"),  # word for word the index's own condition
        _DELIVERY.c.due_at > _NOW,
    ),
    select(func.min(_WEBHOOK.c.probe_at)).where(_WEBHOOK.c.probe_at > _NOW),
    select(func.min(_WEBHOOK.c.next_send_at)).where(_WEBHOOK.c.next_send_at > _NOW),
)
# To its old place, before what has come since; a start that has expired meanwhile is then found to be so. The claim is
# left: who holds it and is late may still note what came of it, until somebody else has the delivery.
_TAKE_BACK = (
    update(_DELIVERY)
    .where(text("state = 'sending'"), _DELIVERY.c.due_at <= _NOW)
    .values(state=DeliveryState.WAITING.value, due_at=_DELIVERY.c.created_at)
    .returning(_DELIVERY.c.account_id)
)
_MINE = (
    _DELIVERY.c.id.in_(bindparam("ids", expanding=True)),
    _DELIVERY.c.claim == bindparam("word"),
    text("state = 'sending'"),
)
_RENEW = (
    update(_DELIVERY).where(*_MINE).values(due_at=bindparam("lease_until", type_=UtcDateTime)).returning(_DELIVERY.c.id)
)
_LET_GO = (
    update(_DELIVERY).where(*_MINE).values(state=DeliveryState.WAITING.value, due_at=_DELIVERY.c.created_at, claim=None)
)
_EXPIRE = (
    update(_DELIVERY)
    .where(_DELIVERY.c.state == DeliveryState.WAITING.value, _DELIVERY.c.expires_at <= _NOW)
    .values(state=DeliveryState.EXPIRED.value, finished_at=_NOW)
    .returning(_DELIVERY.c.account_id)
)
# What lasts has no moment from which on it is worth nothing. Behind a breaker that stays open it would wait for ever,
# since one at a time is tried there: what has waited for as long as tries go on is given up, as they would be.
_SINCE = bindparam("since", type_=UtcDateTime)
_GIVE_UP = (
    update(_DELIVERY)
    .where(
        _DELIVERY.c.id.in_(
            select(_DELIVERY.c.id)
            .join(_WEBHOOK, _WEBHOOK.c.id == _DELIVERY.c.subscription_id)
            .where(
                _WEBHOOK.c.state == SubscriptionState.ACTIVE.value,
                _WEBHOOK.c.probe_at.is_not(None),
                _WEBHOOK.c.first_failure_at <= _SINCE,
                _DELIVERY.c.state == DeliveryState.WAITING.value,
                _DELIVERY.c.expires_at.is_(None),
                # A repeat by hand is due from when it was asked for.
                case((_DELIVERY.c.lane == Lane.REPEAT.value, _DELIVERY.c.due_at), else_=_DELIVERY.c.created_at)
                <= _SINCE,
            )
            .order_by(_DELIVERY.c.id)
            .limit(_GIVEN_UP_AT_ONCE)
        )
    )
    .values(state=DeliveryState.FAILED.value, finished_at=_NOW)
    .returning(_DELIVERY.c.account_id)
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


@dataclass(frozen=True, slots=True)
class Caps:
    """How many may be in flight at once, over all workers but for `per_account`."""

    per_webhook: int
    per_account: int
    """With the senders of one worker; what it claims ahead waits in its hand."""
    suspects: int
    """Of all webhooks together whose last try came to nothing; each of them has one at most."""

    @classmethod
    def of(cls, senders: int) -> Caps:
        """No receiver that hangs, and no account that is busy, may hold all of so many senders."""
        per_webhook = max(2, senders // 4)
        return cls(per_webhook, max(per_webhook, senders - senders // 4), max(1, senders // 2))


def claim(connection: Connection, number: int, caps: Caps, *, now: datetime, is_sqlite: bool) -> list[ClaimedDelivery]:
    """At most `number` due deliveries of webhooks that send and have room within `caps` and their own rate.

    Starts of calls come before ends, ends before repeats; within that the accounts take turns. A delivery whose
    holder's lease ran out is due again. The claim is new each time, so that the former holder can complete nothing.
    """
    word, lease_until = random_word(32), now + LEASE
    ids = connection.scalars(
        _statement(is_sqlite=is_sqlite),
        {
            "now": now,
            "lease_until": lease_until,
            "claim": word,
            "number": number,
            "cap": caps.per_webhook,
            "account_cap": caps.per_account,
            "suspects": caps.suspects,
        },
    ).all()
    if not ids:
        return []
    rows = connection.execute(_TELL, {"ids": ids}).all()
    paced = ((row.subscription_id, row.id) for row in rows if row.rate_per_minute is not None)
    away = pace.turned_away(connection, paced, now)
    return [_claimed(row, word, lease_until) for row in rows if row.id not in away]


def _claimed(row: Any, word: str, lease_until: datetime) -> ClaimedDelivery:
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


def renew(connection: Connection, held: Iterable[ClaimedDelivery], lease_until: datetime) -> set[int]:
    """Holds on to what was claimed and is not begun, until then; answers the ids of those that are still held.

    Whoever's claim was lost renews nothing. What is begun needs no renewal: its lease outlasts its deadline.
    """
    return {
        each
        for word, ids in _by_claim(held)
        for each in connection.scalars(_RENEW, {"word": word, "ids": ids, "lease_until": lease_until}).all()
    }


def let_go(connection: Connection, held: Iterable[ClaimedDelivery]) -> None:
    """What was claimed and not begun waits again, where it stood: others may have it at once."""
    for word, ids in _by_claim(held):
        connection.execute(_LET_GO, {"word": word, "ids": ids})


def _by_claim(held: Iterable[ClaimedDelivery]) -> Iterable[tuple[str, list[int]]]:
    claims: dict[str, list[int]] = defaultdict(list)
    for each in held:
        claims[each.claim].append(each.id)
    return ((word, sorted(ids)) for word, ids in claims.items())


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """When the next delivery, lease, probe or turn of a rate will be due; None when nothing will."""
    moments: Sequence[datetime | None] = connection.scalars(_NEXT_DUE, {"now": now}).all()
    return min((moment for moment in moments if moment is not None), default=None)


def take_back(connection: Connection, now: datetime) -> set[int]:
    """What is held by a worker whose lease ran out waits again, where it stood; answers the accounts it was of."""
    return set(connection.scalars(_TAKE_BACK, {"now": now}))


def expire(connection: Connection, now: datetime) -> set[int]:
    """Gives up what is worth nothing any more, also of webhooks that do not send; answers the accounts it was of."""
    return set(connection.scalars(_EXPIRE, {"now": now}))


def give_up(connection: Connection, now: datetime) -> set[int]:
    """Gives up what has waited in vain for `END.span` behind a webhook that failed all that time; answers the accounts.

    A paused webhook keeps what waits for it, however long.
    """
    return set(connection.scalars(_GIVE_UP, {"now": now, "since": now - END.span}))
