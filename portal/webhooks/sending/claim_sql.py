"""The statement that takes work: due deliveries of webhooks that send and have room, in a fair order.

It looks at open deliveries alone and steps from webhook to webhook over an index, at most a few rows in each, so that
its price does not grow with the backlog of a receiver that is down.
"""

from __future__ import annotations

from sqlalchemy import TextClause, bindparam, text

from portal.kernel.clock import UtcDateTime

# A delivery that is being sent is due again when its lease has run out: nobody who held it is alive.
_DUE = """
    q.subscription_id = hook.id AND q.lane = lanes.lane AND q.state IN ('waiting', 'sending') AND q.due_at <= :now
    AND (q.expires_at IS NULL OR q.expires_at > :now)
    ORDER BY q.due_at, q.id LIMIT :cap
"""

_STATEMENT = """
WITH RECURSIVE
hook (id) AS (
    SELECT min(subscription_id) FROM webhook_delivery WHERE state IN ('waiting', 'sending')
    UNION ALL
    SELECT (SELECT min(later.subscription_id) FROM webhook_delivery later
            WHERE later.state IN ('waiting', 'sending') AND later.subscription_id > hook.id)
    FROM hook WHERE hook.id IS NOT NULL
),
lanes (lane) AS (VALUES (0), (1), (2)),
in_flight AS (
    SELECT subscription_id, account_id, count(*) AS number FROM webhook_delivery
    WHERE state = 'sending' AND due_at > :now GROUP BY subscription_id, account_id
),
first_of_each AS (
    SELECT d.id, d.account_id, d.subscription_id, d.lane, d.due_at,
           row_number() OVER (PARTITION BY d.subscription_id ORDER BY d.lane, d.due_at, d.id) AS place
    FROM hook
    JOIN webhook_subscription s ON s.id = hook.id AND s.state = 'active' AND s.removed_at IS NULL
    CROSS JOIN lanes
    {join}
),
with_room AS (
    SELECT f.id, f.lane, f.due_at,
           row_number() OVER (PARTITION BY f.account_id ORDER BY f.lane, f.due_at, f.id)
             + coalesce((SELECT sum(number) FROM in_flight WHERE in_flight.account_id = f.account_id), 0) AS turn
    FROM first_of_each f
    LEFT JOIN in_flight ON in_flight.subscription_id = f.subscription_id
    WHERE f.place + coalesce(in_flight.number, 0) <= :cap
),
picked AS (
    SELECT d.id
    FROM with_room w JOIN webhook_delivery d ON d.id = w.id
    WHERE d.state IN ('waiting', 'sending') AND d.due_at <= :now
    ORDER BY w.lane, w.turn, w.due_at, w.id LIMIT :number {lock}
)
UPDATE webhook_delivery SET state = 'sending', claim = :claim, due_at = :lease_until, waits_for_id = NULL
WHERE id IN (SELECT id FROM picked)
RETURNING id
"""

# Two ways to say "these few rows of each": SQLite knows no LATERAL, PostgreSQL cannot use an index for the other.
_JOIN_SQLITE = f"JOIN webhook_delivery d ON d.id IN (SELECT q.id FROM webhook_delivery q WHERE {_DUE})"  # noqa: S608 -- no input in it
_JOIN_POSTGRESQL = f"CROSS JOIN LATERAL (SELECT q.* FROM webhook_delivery q WHERE {_DUE}) d"  # noqa: S608 -- as above


def claim_statement(*, is_sqlite: bool) -> TextClause:
    """Parameters: now, lease_until, claim, cap (in flight per webhook), number (at most)."""
    join, lock = (_JOIN_SQLITE, "") if is_sqlite else (_JOIN_POSTGRESQL, "FOR UPDATE OF d SKIP LOCKED")
    statement = text(_STATEMENT.format(join=join, lock=lock))
    return statement.bindparams(bindparam("now", type_=UtcDateTime), bindparam("lease_until", type_=UtcDateTime))
