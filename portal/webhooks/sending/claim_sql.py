"""The statement that takes work: due deliveries of webhooks that send and have room, in a fair order.

It looks at open deliveries alone and steps from webhook to webhook over an index, at most a few rows in each, so that
its price does not grow with the backlog of a receiver that is down.
"""

from __future__ import annotations

from sqlalchemy import TextClause, bindparam, text

from portal.kernel.among import list_of
from portal.kernel.clock import UtcDateTime
from portal.kernel.tenancy import BigId

# The first few of each. Whether they are due is asked outside: a planner that is asked in here takes the index of what
# is due, and reads all of that once for each webhook.
_FIRST = """
    q.subscription_id = able.id AND q.lane = lanes.lane AND q.state IN ('waiting', 'sending')
    AND (q.expires_at IS NULL OR q.expires_at > :now)
    ORDER BY q.due_at, q.id LIMIT :cap
"""
# Behind an open breaker one goes out to see whether the receiver is back: a test that somebody waits for, else the
# oldest end of a call, whenever it would have been tried again by itself.
_PROBE = """
    SELECT q.id FROM webhook_delivery q
    WHERE q.subscription_id = able.id AND q.state IN ('waiting', 'sending')
    AND (q.state = 'waiting' AND q.waits_for_id IS NULL OR q.due_at <= :now)
    AND (q.expires_at IS NULL OR q.expires_at > :now)
    ORDER BY (CASE WHEN q.is_test THEN 0 WHEN q.lane = 1 THEN 1 WHEN q.lane = 2 THEN 2 ELSE 3 END), q.id LIMIT 1
"""

_STATEMENT = """
WITH RECURSIVE
hook (id) AS (
    SELECT CAST(0 AS bigint)
    UNION ALL
    SELECT (SELECT later.subscription_id FROM webhook_delivery later
            WHERE later.state IN ('waiting', 'sending') AND later.subscription_id > hook.id
            ORDER BY later.subscription_id LIMIT 1)
    FROM hook WHERE hook.id IS NOT NULL
),
lanes (lane) AS (VALUES (0), (1), (2)),
in_flight AS (
    SELECT d.subscription_id, d.account_id, count(*) AS number, s.failures > 0 AS is_suspect
    FROM webhook_delivery d JOIN webhook_subscription s ON s.id = d.subscription_id
    WHERE d.state = 'sending' AND d.due_at > :now AND d.id {not_landed}
    GROUP BY d.subscription_id, d.account_id, s.failures > 0
),
able AS (
    SELECT s.id, s.failures > 0 AS is_suspect, s.probe_at IS NOT NULL AS is_probed,
           (CASE WHEN s.failures > 0 OR s.probe_at IS NOT NULL THEN 1 ELSE :cap END) - coalesce(f.number, 0) AS room,
           s.rate_per_minute IS NOT NULL AS is_paced
    FROM hook
    JOIN webhook_subscription s ON s.id = hook.id AND s.state = 'active' AND s.removed_at IS NULL
        AND (s.probe_at IS NULL OR s.probe_at <= :now) AND (s.next_send_at IS NULL OR s.next_send_at <= :now)
    LEFT JOIN in_flight f ON f.subscription_id = s.id
),
first_of_each AS (
    SELECT d.id, d.account_id, d.lane, d.due_at, able.is_suspect, able.room, able.is_paced, able.is_probed,
           row_number() OVER (PARTITION BY d.subscription_id ORDER BY d.lane, d.due_at, d.id) AS place
    FROM able CROSS JOIN lanes {join}
    WHERE able.room > 0 AND NOT able.is_probed AND d.due_at <= :now
    UNION ALL
    SELECT d.id, d.account_id, d.lane, d.due_at, able.is_suspect, able.room, able.is_paced, able.is_probed, 1
    FROM able JOIN webhook_delivery d ON d.id = ({probe})
    WHERE able.room > 0 AND able.is_probed
),
with_room AS (
    SELECT f.id, f.lane, f.due_at, f.is_suspect, f.is_probed,
           row_number() OVER (PARTITION BY f.account_id ORDER BY f.lane, f.due_at, f.id)
             + coalesce((SELECT sum(number) FROM in_flight WHERE in_flight.account_id = f.account_id), 0) AS turn,
           row_number() OVER (PARTITION BY f.is_suspect ORDER BY f.lane, f.due_at, f.id)
             + coalesce((SELECT sum(number) FROM in_flight WHERE in_flight.is_suspect), 0) AS suspect_turn
    FROM first_of_each f
    WHERE f.place <= (CASE WHEN f.is_paced THEN 1 ELSE f.room END)
),
picked AS (
    SELECT d.id
    FROM with_room w JOIN webhook_delivery d ON d.id = w.id
    WHERE d.state IN ('waiting', 'sending') AND (d.due_at <= :now OR w.is_probed AND d.state = 'waiting')
    AND w.turn <= :account_cap AND (NOT w.is_suspect OR w.suspect_turn <= :suspects)
    ORDER BY w.lane, w.turn, w.due_at, w.id LIMIT :number {lock}
)
UPDATE webhook_delivery SET state = 'sending', claim = :claim, due_at = :lease_until, waits_for_id = NULL
{where}
RETURNING webhook_delivery.id
"""

# Two ways to say "these few rows of each": SQLite knows no LATERAL, PostgreSQL cannot use an index for the other.
_JOIN_SQLITE = f"JOIN webhook_delivery d ON d.id IN (SELECT q.id FROM webhook_delivery q WHERE {_FIRST})"  # noqa: S608 -- no input in it
_JOIN_POSTGRESQL = f"CROSS JOIN LATERAL (SELECT q.* FROM webhook_delivery q WHERE {_FIRST}) d"  # noqa: S608 -- as above


# The same of the rows that were picked: each is found by its own key. What is to be sent is asked for afterwards:
# joined to this statement it was planned once for all, on PostgreSQL by reading every event for each claim.
_WHERE_SQLITE = "WHERE id IN (SELECT id FROM picked)"
_WHERE_POSTGRESQL = "FROM picked WHERE webhook_delivery.id = picked.id"


def claim_statement(*, is_sqlite: bool) -> TextClause:
    """Parameters: now, lease_until, claim, number (at most); in flight: cap (per webhook), account_cap, suspects.

    `landed` are the ids of deliveries that are in flight no more, though they are not noted yet.
    """
    join, lock, where, not_landed = (
        (_JOIN_SQLITE, "", _WHERE_SQLITE, "NOT IN (SELECT value FROM json_each(:landed))")
        if is_sqlite
        else (_JOIN_POSTGRESQL, "FOR UPDATE OF d SKIP LOCKED", _WHERE_POSTGRESQL, "<> ALL (:landed)")
    )
    statement = text(_STATEMENT.format(join=join, probe=_PROBE, lock=lock, where=where, not_landed=not_landed))
    return statement.bindparams(
        bindparam("now", type_=UtcDateTime),
        bindparam("lease_until", type_=UtcDateTime),
        bindparam("landed", type_=list_of(BigId)),
    )
