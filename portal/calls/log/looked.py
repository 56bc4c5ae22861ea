"""What a look at the calls of a choice finds, and how calls are read by what names them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, func, type_coerce

from portal.calls.log.stretch import Key, Stretch
from portal.calls.models import CallRecord
from portal.kernel.among import among
from portal.kernel.db import db, is_sqlite

NEAR = 2_000
"""Calls that every choice is first looked for among: enough for what one call in forty is."""
FAR = 8_000
"""Calls that are looked through one by one at most."""
Calls = Select[Any]
"""What is to be read of calls: `select(CallRecord)`, or some of its columns."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look has found, the nearest first, and what is left to look through: None where it has seen all."""

    rows: Sequence[Any]
    left: Stretch | None


def of_keys(rows: Calls, keys: Sequence[Key], stretch: Stretch, wanted: int) -> Sequence[Any]:
    """The calls of these that fit, the nearest first."""
    if not keys:
        return ()
    return read(stretch.in_order(those(rows, [row_id for _moment, row_id in keys])).limit(wanted))


def those(rows: Calls, ids: Sequence[int]) -> Calls:
    """Those of `rows` that have one of these ids."""
    if not is_sqlite():
        return rows.where(among(CallRecord.id, "ids")).params(ids=list(ids))
    listed = func.json_each(json.dumps(list(ids))).table_valued("value")
    return rows.join(listed, CallRecord.id == type_coerce(listed.c.value, BigInteger))


def read(rows: Calls) -> Sequence[Any]:
    """Each row as it comes: what `rows` asks for of one call."""
    return db.session.execute(rows).all()
