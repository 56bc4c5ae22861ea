"""What the provider tells becomes calls: by notice, by list or by both, each call once, nothing twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import or_, select
from sqlalchemy.exc import OperationalError

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.telephony.engine import CallJournal
from portal.telephony.engines.provider.facts import CallFacts, change_of, snapshot
from portal.telephony.provider.models import ProviderCall, RecordState

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Facts that are news, and the version that they were given."""

    facts: CallFacts
    api_call_id: str
    version: int


def take_in(account_id: int, switch: str, told: Iterable[CallFacts], journal: CallJournal) -> set[str]:
    """Writes down what is news of these calls; answers the upstream ids of those that could not be written.

    To be called for one account by one thread at a time. A crash at any moment leaves each call as it was or as it is
    to be, and the same told again mends it. Raises `OperationalError` while the database is away.
    """
    facts = _heaviest(told)
    with transaction(account_id):
        news = _reserve(facts)
    written, failed = [], set()
    for each in news:
        call = snapshot(each.facts, each.api_call_id, account_id, switch, each.version)
        try:
            journal.record(call, change_of(each.facts))
        except OperationalError:
            raise
        except Exception:
            log.exception("call_not_taken_in", api_call_id=each.api_call_id)
            failed.add(each.facts.upstream_id)
        else:
            written.append(each)
    with transaction(account_id):
        _confirm(written)
    return failed


def note_ordered(facts: CallFacts, api_call_id: str) -> str:
    """The call that we ordered has this id at the provider: whatever is told of it is told of ours.

    Answers the id by which we know it. That is not `api_call_id` where the provider has told of the call before it
    answered the order, nor where a repeat placed another one.
    """
    named = or_(ProviderCall.upstream_id == facts.upstream_id, ProviderCall.api_call_id == api_call_id)
    known = {row.upstream_id: row.api_call_id for row in db.session.scalars(select(ProviderCall).where(named))}
    if facts.upstream_id in known:
        return known[facts.upstream_id]
    ours = facts.upstream_id if known else api_call_id
    db.session.add(ProviderCall(upstream_id=facts.upstream_id, api_call_id=ours, started_at=facts.started_at))
    return ours


def _heaviest(told: Iterable[CallFacts]) -> dict[str, CallFacts]:
    """One telling of each call: of equal weight the last."""
    found: dict[str, CallFacts] = {}
    for facts in told:
        known = found.get(facts.upstream_id)
        if known is None or facts.weight >= known.weight:
            found[facts.upstream_id] = facts
    return found


def _reserve(facts: dict[str, CallFacts]) -> Sequence[_Telling]:
    rows = _rows(facts)
    news = []
    # Oldest first: whoever hears of them hears them in their order.
    for each in sorted(facts.values(), key=lambda one: one.started_at):
        row = rows.get(each.upstream_id)
        if row is None:
            row = ProviderCall(
                upstream_id=each.upstream_id,
                api_call_id=each.upstream_id,
                started_at=each.started_at,
                weight=0,
                version=0,
                told="",
            )
            db.session.add(row)
        # A call begins once: a second telling moves it nowhere.
        same = replace(each, started_at=row.started_at)
        if each.weight < row.weight or row.told == _digest(same):
            continue
        row.version += 1
        news.append(_Telling(same, row.api_call_id, row.version))
    return news


def _confirm(written: Sequence[_Telling]) -> None:
    rows = _rows({each.facts.upstream_id: each.facts for each in written})
    for each in written:
        row, facts = rows[each.facts.upstream_id], each.facts
        row.weight, row.told = facts.weight.value, _digest(facts)
        row.is_over = row.is_over or facts.is_over
        if row.is_over and facts.record is not None and row.record == RecordState.NONE:
            row.record, row.record_due_at = RecordState.WANTED, now()


def _rows(facts: dict[str, CallFacts]) -> dict[str, ProviderCall]:
    ids = sorted(facts)
    found: dict[str, ProviderCall] = {}
    # SQLite takes 32,766 parameters; pages are far smaller, but a provider decides how long they are.
    for start in range(0, len(ids), 1000):
        query = select(ProviderCall).where(ProviderCall.upstream_id.in_(ids[start : start + 1000]))
        found |= {row.upstream_id: row for row in db.session.scalars(query.with_for_update())}
    return found


def _digest(facts: CallFacts) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
