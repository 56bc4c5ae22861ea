"""What a claim costs, counted and not timed."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from portal.kernel.clock import now
from portal.webhooks.sending.claim_sql import claim_statement

_TYPES = {
    "now": "timestamptz",
    "lease_until": "timestamptz",
    "claim": "text",
    "number": "integer",
    "cap": "integer",
    "account_cap": "integer",
    "suspects": "integer",
}
_READ = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")


def price_of_a_claim(connection: Connection) -> float:
    """Rows that PostgreSQL handles in all steps of the plan that a worker has, or hundreds of SQLite's instructions.

    What is claimed is put back.
    """
    values = {"claim": "a word", "number": 1, "cap": 1, "account_cap": 1, "suspects": 1}
    saved = connection.begin_nested()
    price = _rows(connection, values) if connection.dialect.name == "postgresql" else _steps(connection, values)
    saved.rollback()
    return price


def _steps(connection: Connection, values: dict[str, Any]) -> float:
    raw, steps = connection.connection.dbapi_connection, []
    moments: dict[str, datetime] = {"now": now(), "lease_until": now() + timedelta(hours=1)}
    raw.set_progress_handler(lambda: steps.append(1), 100)  # type: ignore[union-attr]
    try:
        assert connection.execute(claim_statement(is_sqlite=True), {**values, **moments}).all()
    finally:
        raw.set_progress_handler(None, 0)  # type: ignore[union-attr]
    return len(steps)


def _rows(connection: Connection, values: dict[str, Any]) -> float:
    places = {name: f"${number}" for number, name in enumerate(_TYPES, 1)}
    statement = re.sub(r"(?<!:):(\w+)", lambda match: places[match[1]], claim_statement(is_sqlite=False).text)
    given = [
        repr(values[name]) if name in values else f"now() + {hours} * interval '1 hour'" for name, hours in _asked()
    ]
    # As the server does by itself within a minute: without it the plan would depend on whether that has passed.
    connection.exec_driver_sql("analyze webhook_subscription, webhook_delivery")
    connection.exec_driver_sql(f"prepare price ({', '.join(_TYPES.values())}) as {statement}")
    found = connection.exec_driver_sql(
        f"explain (analyze, timing off, format json) execute price ({', '.join(given)})"
    ).scalar_one()
    connection.exec_driver_sql("deallocate price")
    [plan] = json.loads(found) if isinstance(found, str) else found
    return _read(plan["Plan"])


def _asked() -> list[tuple[str, int]]:
    return [(name, 1 if name == "lease_until" else 0) for name in _TYPES]


def _read(node: dict[str, Any]) -> float:
    own = sum(node.get(name, 0) for name in _READ) * node["Actual Loops"]
    return float(own) + sum(_read(each) for each in node.get("Plans", ()))
