"""The rows of calls and legs as the journal reads and writes them: by column, past the session.

Three times a call somebody waits for this. What else changes a call's row (a price, a record) goes through the session,
and both keep classes, totals and the text index by `calls.log.upkeep`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import bindparam, insert, inspect, select, update
from sqlalchemy.orm.attributes import instance_dict

from portal.calls.log import upkeep
from portal.calls.models import CallLeg, CallRecord
from portal.kernel.among import among
from portal.kernel.prepared import Prepared, given
from portal.telephony.engine import LegSnapshot

Values = dict[str, Any]
"""By column."""
_Row = TypeVar("_Row", CallRecord, CallLeg)
LEG = tuple(field.name for field in fields(LegSnapshot))
"""Columns of a leg that a snapshot has."""
_CALL = tuple(name for name in inspect(CallRecord).columns.keys() if name not in ("id", "account_id"))  # noqa: SIM118
_FIND = Prepared(
    select(CallRecord.id, *(getattr(CallRecord, name) for name in _CALL))
    .where(among(CallRecord.api_call_id, "api_call_ids"))
    # Whoever else writes several waits for the first of them, and not for each other.
    .order_by(CallRecord.id)
    .with_for_update(),
    lambda *values: dict(zip(("id", *_CALL), values, strict=True)),
)
_FIND_LEGS = Prepared(
    select(CallLeg.id, CallLeg.call_id, *(getattr(CallLeg, name) for name in LEG))
    .where(among(CallLeg.call_id, "call_ids"))
    .order_by(CallLeg.call_id, CallLeg.number),
    lambda *values: dict(zip(("id", "call_id", *LEG), values, strict=True)),
)
_BEGIN = Prepared(insert(CallRecord).values(given(_CALL)).returning(CallRecord.id))
_JOIN = Prepared(insert(CallLeg).values(given(("call_id", *LEG))))
_CHANGE_LEG = Prepared(update(CallLeg).where(CallLeg.id == bindparam("row")).values(given(LEG)))


@dataclass(frozen=True, slots=True)
class Known:
    """A call and its legs, by their number."""

    call: Values
    legs: dict[int, Values]


def find(api_call_ids: Sequence[str]) -> dict[str, Known]:
    """The calls that are known, kept from other writers until the end of the transaction."""
    calls = _FIND.all(api_call_ids=list(api_call_ids))
    found = {call["id"]: Known(call, {}) for call in calls}
    for leg in _FIND_LEGS.all(call_ids=list(found)) if found else ():
        found[leg["call_id"]].legs[leg["number"]] = leg
    return {call["api_call_id"]: found[call["id"]] for call in calls}


def told(known: Known) -> CallRecord:
    """As the rooms above hear of it: an object that no session holds, so that nothing done to it is written."""
    legs = [_filled(CallLeg(), known.legs[number]) for number in sorted(known.legs)]
    return _filled(CallRecord(), {**known.call, "legs": legs})


def _filled(row: _Row, values: Values) -> _Row:
    # Past the bookkeeping of changes, which costs ten times the filling and is for sessions.
    instance_dict(row).update(values)
    return row


def write(changes: Sequence[tuple[Known | None, Known]]) -> None:
    """Writes what each call was (None: unknown) and is; new ones get their id."""
    classes = upkeep.keep([(before.call if before else None, after.call) for before, after in changes])
    for (before, after), class_id in zip(changes, classes, strict=True):
        after.call["class_id"] = class_id
        if before is None:
            ((after.call["id"],),) = _BEGIN.all(**after.call)
        else:
            _change(before.call, after.call)
    _write_legs(changes)


def _change(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Names the columns that differ alone: each of the others would be looked for in its indexes."""
    names = tuple(name for name in _CALL if after[name] != before[name])
    _changing(names).run({"row": before["id"], **{name: after[name] for name in names}})


@cache
def _changing(names: tuple[str, ...]) -> Prepared[Any]:
    return Prepared(update(CallRecord).where(CallRecord.id == bindparam("row")).values(given(names)))


def _write_legs(changes: Iterable[tuple[Known | None, Known]]) -> None:
    joined, changed = [], []
    for before, after in changes:
        known = before.legs if before else {}
        for number, leg in after.legs.items():
            if number not in known:
                joined.append({"call_id": after.call["id"], **leg})
            elif any(leg[name] != known[number][name] for name in LEG):
                changed.append({"row": known[number]["id"], **leg})
    _JOIN.run(*joined)
    _CHANGE_LEG.run(*changed)
