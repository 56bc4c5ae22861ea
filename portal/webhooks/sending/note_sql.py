"""The two statements that note successes, however many: each takes all of them as one JSON parameter.

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
FROM ({tries}) v
WHERE webhook_delivery.id = v.id AND webhook_delivery.claim = v.claim AND (
    SELECT s.failures > 0 OR s.recent_failures > 0 OR s.failing_since IS NOT NULL OR s.probe_at IS NOT NULL
    FROM webhook_subscription s WHERE s.id = webhook_delivery.subscription_id
) IS NOT TRUE
RETURNING webhook_delivery.id
"""
_TRIES_SQLITE = """
    SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.claim') AS claim,
           json_extract(value, '$.ended_at') AS ended_at, json_extract(value, '$.status') AS status,
           json_extract(value, '$.spent') AS spent
    FROM json_each(:tries)
"""
# Read as columns of their types: an expression that is cast here is nothing that row security lets meet an index, and
# all deliveries there are were read for each note.
_TRIES_POSTGRESQL = """
    SELECT * FROM json_to_recordset(CAST(:tries AS json))
    AS v(id bigint, claim text, ended_at timestamptz, status integer, spent integer)
"""

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
_LISTED = ", ".join(COLUMNS)
_EVIDENCE = "INSERT INTO delivery_attempt ({columns}) SELECT {read} FROM {rows}"
_ROWS_SQLITE = "json_each(:attempts)"
_ROWS_POSTGRESQL = "json_to_recordset(CAST(:attempts AS json)) AS v({typed})"


def arrived_statement(*, is_sqlite: bool) -> TextClause:
    """Parameter `tries`: a JSON list of objects: id, claim, ended_at, status, spent. Answers the ids noted."""
    return text(_ARRIVED.format(tries=_TRIES_SQLITE if is_sqlite else _TRIES_POSTGRESQL))


def evidence_statement(*, is_sqlite: bool) -> TextClause:
    """Parameter `attempts`: a JSON list of objects of `COLUMNS`."""
    if is_sqlite:
        read, rows = ", ".join(f"json_extract(value, '$.{name}')" for name in COLUMNS), _ROWS_SQLITE
    else:
        read, rows = _LISTED, _ROWS_POSTGRESQL.format(typed=", ".join(f"{name} {COLUMNS[name]}" for name in COLUMNS))
    return text(_EVIDENCE.format(columns=_LISTED, read=read, rows=rows))
