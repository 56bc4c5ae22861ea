"""Keeps classes, totals and the search index as the calls are: at every flush that touches one, whoever touched it.

A room that sets a price or a record need not know of them, and cannot forget them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
from portal.kernel.db import GuardedSession
from portal.telephony.engine import CallKind

_SEEN = (
    "kind", "outcome", "caller", "did", "callee", "has_recording", "started_at", "talk_seconds", "caller_wait_seconds",
    "callee_wait_seconds", "price",
)  # fmt: skip
"""Columns that classes and totals depend on."""
_SEARCHED = ("search_text", "started_at")


@dataclass(frozen=True, slots=True)
class _Look:
    """A call as the totals see it."""

    key: ClassKey
    started_at: datetime
    figures: Figures


def watch() -> None:
    """Called by the composition root: from now on every session keeps them."""
    if not event.contains(GuardedSession, "before_flush", _keep):
        event.listen(GuardedSession, "before_flush", _keep)


def _keep(session: Session, _context: Any, _instances: Sequence[Any] | None) -> None:
    gone = [row for row in session.deleted if isinstance(row, CallRecord)]
    written = [row for row in (*session.new, *session.dirty) if isinstance(row, CallRecord) and row not in gone]
    if not written and not gone:
        return
    with session.no_autoflush:
        zone = account_zone()
        before = [look for row in (*written, *gone) if (look := _before(row))]
        after = {row: _look(_now(row)) for row in written}
        _classify(after)
        add_totals(_sums(before, after.values(), zone))
        touched.note(look.started_at for look in (*before, *after.values()))
        moments.note((row.started_at, row.search_text or "") for row in written if _is_news(row, _SEARCHED))


def _classify(after: dict[CallRecord, _Look]) -> None:
    ids = class_ids(look.key for row, look in after.items() if row.class_id is None or _is_news(row, _SEEN))
    for row, look in after.items():
        row.class_id = ids.get(look.key, row.class_id)


def _sums(before: Iterable[_Look], after: Iterable[_Look], zone: ZoneInfo) -> dict[Place, Figures]:
    sums: dict[Place, Figures] = defaultdict(Figures)
    changes = [(look, -look.figures) for look in before] + [(look, look.figures) for look in after]
    for look, figures in changes:
        for place in places(look.started_at, look.key.facts, zone):
            sums[place] += figures
    return sums


def _is_news(row: CallRecord, names: Iterable[str]) -> bool:
    state = inspect(row)
    return any(state.attrs[name].history.has_changes() for name in names)


def _before(row: CallRecord) -> _Look | None:
    """What the totals know of it so far; None of a new one."""
    state = inspect(row)
    if not state.persistent:
        return None
    values = {}
    for name in _SEEN:
        # Asked of the database where it must be: a column that the row's own insert left out is not known here.
        history = state.attrs[name].load_history()
        values[name] = history.deleted[0] if history.deleted else getattr(row, name)
    return _look(values)


def _now(row: CallRecord) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SEEN}


def _look(values: dict[str, Any]) -> _Look:
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
