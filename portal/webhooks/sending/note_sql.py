"""The statement that notes successes, however many: it takes all of them as one JSON parameter.

A row at a time they cost more than the sending did, most of it on the way to the database and back.
"""

from __future__ import annotations

from sqlalchemy import TextClause, text

# Whose claim was lost is not noted, nor is one of a webhook that a success changes: those take the long way.
# That is asked of each: a join (NOT EXISTS) is taken to leave one delivery of all there are, and they come first then.
_ARRIVED = """
UPDATE webhook_delivery SET
    state = 'delivered', claim = NULL, due_at = v.ended_at, finished_at = v.ended_at, last_attempt_at = v.ended_at,
    step = step + v.spent, attempts = attempts + 1, last_status = v.status, last_failure = NULL
FROM {tries}
WHERE webhook_delivery.id = v.delivery_id AND webhook_delivery.claim = v.claim AND (
    SELECT s.failures > 0 OR s.recent_failures > 0 OR s.failing_since IS NOT NULL OR s.probe_at IS NOT NULL
    FROM webhook_subscription s WHERE s.id = webhook_delivery.subscription_id
) IS NOT TRUE
RETURNING {answer}
"""
_TRIES_SQLITE = """(
    SELECT json_extract(value, '$.delivery_id') AS delivery_id, json_extract(value, '$.claim') AS claim,
           json_extract(value, '$.ended_at') AS ended_at, json_extract(value, '$.status') AS status,
           json_extract(value, '$.spent') AS spent
    FROM json_each(:tries)
)"""

COLUMNS = {
    "account_id": "bigint",
    "delivery_id": "bigint",
    "number": "integer",
    "started_at": "timestamptz",
    "request_line": "text",
    "request_headers": "json",
    "status": "integer",
    "failure": "text",
    "failure_text": "text",
    "response_headers": "json",
    "response_body": "text",
    "is_cut": "boolean",
    "peer": "text",
    "phases": "json",
}
"""Of `delivery_attempt`, with their types on PostgreSQL."""
_TOLD_BESIDE = {"claim": "text", "ended_at": "timestamptz", "spent": "integer"}
# Read as columns of their types: an expression that is cast here is nothing that row security lets meet an index, and
# all deliveries there are were read for each note.
_TRIES_POSTGRESQL = "json_to_recordset(CAST(:tries AS json)) AS v({typed})"
_LISTED = ", ".join(COLUMNS)
_WITH_EVIDENCE = """
WITH noted AS ({arrived})
INSERT INTO delivery_attempt ({columns}) SELECT {columns} FROM noted RETURNING delivery_id
"""


def arrived_statement(*, is_sqlite: bool) -> TextClause:
    """Answers the ids of the deliveries noted; on PostgreSQL it writes their evidence, too, to go there once.

    Parameter `tries`: a JSON list of objects: delivery_id, claim, ended_at, status, spent; on PostgreSQL all `COLUMNS`.
    """
    if is_sqlite:
        return text(_ARRIVED.format(tries=f"{_TRIES_SQLITE} v", answer="webhook_delivery.id"))
    typed = ", ".join(f"{name} {kind}" for name, kind in (COLUMNS | _TOLD_BESIDE).items())
    arrived = _ARRIVED.format(tries=_TRIES_POSTGRESQL.format(typed=typed), answer="v.*")
    return text(_WITH_EVIDENCE.format(arrived=arrived, columns=_LISTED))
