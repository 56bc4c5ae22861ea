"""The queue over all accounts: the deliveries themselves. All in the given transaction, which sees every account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import Connection, Table, bindparam, case, func, select, text, update

from portal.kernel.clock import UtcDateTime
from portal.kernel.prepared import PreparedForAll
from portal.webhooks.models import DeliveryState, Lane, SubscriptionState, WebhookDelivery, WebhookSubscription
from portal.webhooks.offers import WORKER_LETTERS, claim_of
from portal.webhooks.sending import pace
from portal.webhooks.sending.claim_sql import claim_statement
from portal.webhooks.sending.claimed import ClaimedDelivery, claimed, facts_of
from portal.webhooks.sending.schedule import END, LEASE

# Statements stand ready, and name the tables themselves: to build them anew each time, as the mapped classes would,
# costs more than the database takes to run them.
_GIVEN_UP_AT_ONCE = 500
_DELIVERY = cast("Table", WebhookDelivery.__table__)
_WEBHOOK = cast("Table", WebhookSubscription.__table__)
_NOW = bindparam("now", type_=UtcDateTime)
# Conditions word for word those of the indexes.
_SOONEST = select(
    select(func.min(_DELIVERY.c.due_at)).where(text("state in ('waiting', 'sending')")).scalar_subquery(),
    select(func.min(_WEBHOOK.c.probe_at)).where(text("probe_at is not null")).scalar_subquery(),
)
_NEXT_DUE = select(
    select(func.min(_DELIVERY.c.due_at))
    .where(text("state in ('waiting', 'sending')"), _DELIVERY.c.due_at > _NOW)
    .scalar_subquery(),
    select(func.min(_WEBHOOK.c.probe_at)).where(_WEBHOOK.c.probe_at > _NOW).scalar_subquery(),
    select(func.min(_WEBHOOK.c.next_send_at)).where(_WEBHOOK.c.next_send_at > _NOW).scalar_subquery(),
)
# To its old place, before what has come since; a start that has expired meanwhile is then found to be so. The claim is
# left: who holds it and is late may still note what came of it, until somebody else has the delivery.
_TAKE_BACK = (
    update(_DELIVERY)
    .where(text("state = 'sending'"), _DELIVERY.c.due_at <= _NOW)
    .values(state=DeliveryState.WAITING.value, due_at=_DELIVERY.c.created_at)
    .returning(_DELIVERY.c.account_id)
)
_HOLDER = func.substr(_DELIVERY.c.claim, 1, WORKER_LETTERS)
_HOLDERS = select(_HOLDER).distinct().where(text("state = 'sending'"))
_TAKE_FROM = (
    update(_DELIVERY)
    .where(text("state = 'sending'"), _HOLDER.in_(bindparam("workers", expanding=True)))
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
_OFFERED = (*_MINE[:2], _DELIVERY.c.state == DeliveryState.WAITING.value)
_HOLD = (
    update(_DELIVERY)
    .where(*_OFFERED)
    .values(state=DeliveryState.SENDING.value, due_at=bindparam("lease_until", type_=UtcDateTime))
)
_DECLINE = update(_DELIVERY).where(*_OFFERED).values(due_at=_DELIVERY.c.created_at, claim=None)
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


@cache
def _claiming(*, is_sqlite: bool) -> PreparedForAll:
    return PreparedForAll(claim_statement(is_sqlite=is_sqlite))


def claim(
    connection: Connection,
    number: int,
    caps: Caps,
    *,
    now: datetime,
    is_sqlite: bool,
    worker: str,
    landed: Sequence[int] = (),
) -> list[ClaimedDelivery]:
    """At most `number` due deliveries of webhooks that send and have room within `caps` and their own rate.

    Starts of calls come before ends, ends before repeats; within that the accounts take turns. A delivery whose
    holder's lease ran out is due again. The claim is new each time, so that the former holder can complete nothing.
    What is known to have `landed`, though it is not noted yet, takes no room.
    """
    word, lease_until = claim_of(worker), now + LEASE
    found = _claiming(is_sqlite=is_sqlite).all(
        connection,
        now=now,
        lease_until=lease_until,
        claim=word,
        number=number,
        cap=caps.per_webhook,
        account_cap=caps.per_account,
        suspects=caps.suspects,
        landed=list(landed),
    )
    if not found:
        return []
    rows = facts_of(connection, [number for (number,) in found])
    paced = ((row.subscription_id, row.rate_per_minute, row.id) for row in rows if row.rate_per_minute)
    away = pace.turned_away(connection, paced, now)
    return [claimed(row, word, lease_until) for row in rows if row.id not in away]


def renew(connection: Connection, held: Iterable[ClaimedDelivery], lease_until: datetime) -> set[int]:
    """Holds on to what was claimed and is not begun, until then; answers the ids of those that are still held.

    Whoever's claim was lost renews nothing. What is begun needs no renewal: its lease outlasts its deadline.
    """
    return {
        each
        for word, ids in _by_claim(held)
        for each in connection.scalars(_RENEW, {"word": word, "ids": ids, "lease_until": lease_until}).all()
    }


def hold(connection: Connection, offered: Iterable[ClaimedDelivery], now: datetime) -> None:
    """What was offered and is being sent is held as what was claimed is, where nobody else has claimed it meanwhile."""
    for word, ids in _by_claim(offered):
        connection.execute(_HOLD, {"word": word, "ids": ids, "lease_until": now + LEASE})


def decline(connection: Connection, offered: Iterable[ClaimedDelivery]) -> None:
    """What was offered and is not taken is due, for anybody."""
    for word, ids in _by_claim(offered):
        connection.execute(_DECLINE, {"word": word, "ids": ids})


def let_go(connection: Connection, held: Iterable[ClaimedDelivery]) -> None:
    """What was claimed and not begun waits again, where it stood: others may have it at once."""
    for word, ids in _by_claim(held):
        connection.execute(_LET_GO, {"word": word, "ids": ids})


def _by_claim(held: Iterable[ClaimedDelivery]) -> Iterable[tuple[str, list[int]]]:
    claims: dict[str, list[int]] = defaultdict(list)
    for each in held:
        claims[each.claim].append(each.id)
    return ((word, sorted(ids)) for word, ids in claims.items())


def soonest(connection: Connection) -> datetime | None:
    """From when on something may be claimed, unless it is held back: to ask is quicker than to claim nothing."""
    return _first(connection.execute(_SOONEST).one())


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """When the next delivery, lease, probe or turn of a rate will be due; None when nothing will."""
    return _first(connection.execute(_NEXT_DUE, {"now": now}).one())


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def take_back(connection: Connection, now: datetime) -> set[int]:
    """What is held by a worker whose lease ran out waits again, where it stood; answers the accounts it was of."""
    return set(connection.scalars(_TAKE_BACK, {"now": now}))


def holders(connection: Connection) -> set[str]:
    """The workers that hold something."""
    return set(connection.scalars(_HOLDERS))


def take_from(connection: Connection, workers: Iterable[str]) -> set[int]:
    """What these workers held, who are dead, waits again as with `take_back`."""
    return set(connection.scalars(_TAKE_FROM, {"workers": sorted(workers)}))


def expire(connection: Connection, now: datetime) -> set[int]:
    """Gives up what is worth nothing any more, also of webhooks that do not send; answers the accounts it was of."""
    return set(connection.scalars(_EXPIRE, {"now": now}))


def give_up(connection: Connection, now: datetime) -> set[int]:
    """Gives up what has waited in vain for `END.span` behind a webhook that failed all that time; answers the accounts.

    A paused webhook keeps what waits for it, however long.
    """
    return set(connection.scalars(_GIVE_UP, {"now": now, "since": now - END.span}))
