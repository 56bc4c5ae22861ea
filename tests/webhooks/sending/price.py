"""What a claim and a note cost, counted and not timed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, TextClause

from portal.kernel.clock import now
from portal.webhooks.sending.claim_sql import claim_statement
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.completion import told_of
from portal.webhooks.sending.note_sql import arrived_statement
from tests.webhooks.sending.by_hand import finished

_TYPES = {
    "now": "timestamptz",
    "lease_until": "timestamptz",
    "claim": "text",
    "number": "integer",
    "cap": "integer",
    "account_cap": "integer",
    "suspects": "integer",
    "tries": "text",
    "landed": "bigint[]",
}
_READ = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")


def price_of_a_claim(connection: Connection) -> float:
    """Rows that PostgreSQL handles in all steps of the plan that a worker has, or hundreds of SQLite's instructions.

    What is claimed is put back.
    """
    moments = {"now": now(), "lease_until": now() + timedelta(hours=1)}
    values = moments | {"claim": "a word", "number": 1, "cap": 1, "account_cap": 1, "suspects": 1}
    values["landed"] = [] if _is_sqlite(connection) else "{}"
    return _price(connection, claim_statement(is_sqlite=_is_sqlite(connection)), values)


def price_of_a_note(connection: Connection, delivery: ClaimedDelivery) -> float:
    """The same of noting that this one has arrived."""
    tries = told_of([finished(delivery)], is_sqlite=_is_sqlite(connection))
    return _price(connection, arrived_statement(is_sqlite=_is_sqlite(connection)), {"tries": tries})


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _price(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> float:
    saved = connection.begin_nested()
    price = (_steps if _is_sqlite(connection) else _rows)(connection, statement, values)
    saved.rollback()
    return price


def _steps(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> float:
    raw, steps = connection.connection.dbapi_connection, []
    raw.set_progress_handler(lambda: steps.append(1), 100)  # type: ignore[union-attr]
    try:
        assert connection.execute(statement, values).all()
    finally:
        raw.set_progress_handler(None, 0)  # type: ignore[union-attr]
    return len(steps)


def _rows(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> float:
    places = {name: f"${number}" for number, name in enumerate(values, 1)}
    prepared = re.sub(r"(?<!:):(\w+)", lambda match: places[match[1]], statement.text)
    # As the server does by itself within a minute: without it the plan would depend on whether that has passed.
    connection.exec_driver_sql("analyze webhook_subscription, webhook_delivery")
    connection.exec_driver_sql(f"prepare price ({', '.join(_TYPES[name] for name in values)}) as {prepared}")
    given = ", ".join(_literal(value) for value in values.values())
    found = connection.exec_driver_sql(f"explain (analyze, timing off, format json) execute price ({given})")
    [plan] = found.scalar_one()
    connection.exec_driver_sql("deallocate price")
    assert plan["Plan"]["Actual Rows"]
    return _read(plan["Plan"])


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _read(node: dict[str, Any]) -> float:
    own = sum(node.get(name, 0) for name in _READ) * node["Actual Loops"]
    return float(own) + sum(_read(each) for each in node.get("Plans", ()))
