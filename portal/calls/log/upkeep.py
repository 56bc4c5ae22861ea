"""Keeps classes, totals and the search index as the calls are: at every flush that touches one, whoever touched it.

A room that sets a price or a record need not know of them, and cannot forget them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from portal.accounts.zone import account_zone
from portal.calls.log import moments, touched
from portal.calls.log.classes import ClassKey, Facts, class_ids, price_band, sips_of, talk_band
from portal.calls.log.figures import Figures, Place, add_totals, places
from portal.calls.models import CallRecord
from portal.kernel.clock import to_unix
from portal.kernel.db import GuardedSession
from portal.telephony.engine import CallKind

_SEEN = (
    "kind", "outcome", "caller", "did", "callee", "has_recording", "started_at", "talk_seconds", "caller_wait_seconds",
    "callee_wait_seconds", "price",
)  # fmt: skip
"""Columns that classes and totals depend on."""
_SEARCHED = ("search_text", "started_at")
_COLUMNS = (*_SEEN, "search_text", "class_id")
Values = Mapping[str, Any]
"""Of `_COLUMNS` at least."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A call as the totals see it."""

    key: ClassKey
    started_at: datetime
    figures: Figures


_Looks = tuple[_Look | None, _Look | None]


def watch() -> None:
    """Called by the composition root: from now on every session keeps them."""
    if not event.contains(GuardedSession, "before_flush", _keep):
        event.listen(GuardedSession, "before_flush", _keep)


def keep(calls: Sequence[tuple[Values | None, Values | None]]) -> list[int]:
    """Each call's columns as they were (None: it is new) and as they are (None: it is gone), before it is written.

    Answers the class of each that is not gone.
    """
    looks = [(_look(before) if before else None, _look(after) if after else None) for before, after in calls]
    add_totals(_sums(looks, account_zone()))
    touched.note(look.started_at for pair in looks for look in pair if look)
    moments.note(
        (to_unix(after["started_at"]), after["search_text"] or "")
        for before, after in calls
        if after and (before is None or any(before[name] != after[name] for name in _SEARCHED))
    )
    return _classes(calls, looks)


def _classes(calls: Iterable[tuple[Values | None, Values | None]], looks: Sequence[_Looks]) -> list[int]:
    """A class is looked for where it is another than before."""
    known = class_ids(now.key for before, now in looks if now and (before is None or before.key != now.key))
    there = [
        (after.get("class_id", 0), now.key)
        for (_was, after), (_before, now) in zip(calls, looks, strict=True)
        if after and now
    ]
    return [known.get(key, class_id) for class_id, key in there]


def _sums(looks: Sequence[_Looks], zone: ZoneInfo) -> dict[Place, Figures]:
    sums: dict[Place, Figures] = defaultdict(Figures)
    gone = [(look, -look.figures) for look, _after in looks if look]
    come = [(look, look.figures) for _before, look in looks if look]
    for look, figures in (*gone, *come):
        for place in places(look.started_at, look.key.facts, zone):
            sums[place] += figures
    return sums


def _keep(session: Session, _context: Any, _instances: Sequence[Any] | None) -> None:
    gone = [row for row in session.deleted if isinstance(row, CallRecord)]
    written = [row for row in (*session.new, *session.dirty) if isinstance(row, CallRecord) and row not in gone]
    if not written and not gone:
        return
    with session.no_autoflush:
        lost = [(_before(row), None) for row in gone]
        ids = keep([*lost, *((_before(row), _now(row)) for row in written)])
        for row, class_id in zip(written, ids, strict=True):
            row.class_id = class_id


def _before(row: CallRecord) -> Values | None:
    """What is written of it so far; None of a new one."""
    state = inspect(row)
    if not state.persistent:
        return None
    values = {}
    for name in _COLUMNS:
        # Asked of the database where it must be: a column that the row's own insert left out is not known here.
        history = state.attrs[name].load_history()
        values[name] = history.deleted[0] if history.deleted else getattr(row, name)
    return values


def _now(row: CallRecord) -> Values:
    return {name: getattr(row, name) for name in _COLUMNS}


def _look(values: Values) -> _Look:
    waited = values["caller_wait_seconds" if values["kind"] == CallKind.INCOMING else "callee_wait_seconds"]
    sip, other_sip = sips_of(values["caller"], values["callee"])
    facts = Facts(
        kind=str(values["kind"]),
        outcome=str(values["outcome"] or ""),
        did=values["did"] or "",
        sip=sip,
        other_sip=other_sip,
        has_recording=bool(values["has_recording"]),
    )
    talk, price = values["talk_seconds"], values["price"]
    return _Look(
        ClassKey(facts, talk_band(talk), price_band(price)),
        values["started_at"],
        Figures.of_call(waited=waited, talk=talk, price=price),
    )
