"""What a switch writes through: journal, records and presence, each without waiting for the database."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.kernel.clock import now
from portal.kernel.db import announce, transaction
from portal.telephony.engine import CallChange, CallJournal, CallSnapshot, Presence, RecordSink, RoutePlanner
from portal.telephony.haste import Haste
from portal.telephony.models import SipLine
from portal.telephony.write_behind import WriteBehind

log = structlog.get_logger(__name__)

KnownCallers: TypeAlias = Callable[[int], Sequence[str]]
"""Numbers (universal format) of people who are likely to call an account; asked with its id."""

_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class QueuedJournal:
    """A journal that never fails and never waits: one lane per call keeps its snapshots in order.

    A snapshot holds all that is known, so one that marks no milestone is left out where a newer one waits already.
    """

    def __init__(self, journal: CallJournal, queue: WriteBehind) -> None:
        self._journal = journal
        self._queue = queue
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[tuple[CallSnapshot, CallChange]]] = {}

    def record(self, call: CallSnapshot, change: CallChange) -> None:
        """See `CallJournal`."""
        with self._lock:
            waiting = self._waiting.setdefault(call.api_call_id, deque())
            if waiting and waiting[-1][1] is CallChange.LEGS:
                waiting[-1] = (call, change)
                return
            waiting.append((call, change))
        self._queue.put(call.api_call_id, lambda: self._write_next(call.api_call_id))

    def _write_next(self, api_call_id: str) -> None:
        with self._lock:
            call, change = self._waiting[api_call_id].popleft()
        try:
            self._journal.record(call, change)
        except BaseException:
            with self._lock:
                self._waiting[api_call_id].appendleft((call, change))
            raise
        with self._lock:
            if not self._waiting[api_call_id]:
                del self._waiting[api_call_id]


class QueuedSink:
    """A sink that does not wait when a record begins, and hands one over when all before it is written."""

    def __init__(self, sink: RecordSink, queue: WriteBehind) -> None:
        self._sink = sink
        self._queue = queue
        self._is_closed = threading.Event()

    def begin(self, account_id: int, api_call_id: str) -> None:
        """See `RecordSink`. Does not wait."""
        self._queue.put(api_call_id, lambda: self._begin(account_id, api_call_id))

    def complete(self, account_id: int, api_call_id: str, path: Path, seconds: float) -> None:
        """See `RecordSink`. Waits for the call's lane and, where the database is away, for a minute; then raises."""
        self._queue.put(api_call_id, lambda: None).result()
        for pause in _PAUSES:
            try:
                self._sink.complete(account_id, api_call_id, path, seconds)
            except OperationalError:
                if self._is_closed.wait(pause):
                    raise
            else:
                return
        self._sink.complete(account_id, api_call_id, path, seconds)

    def close(self) -> None:
        """The process ends: what cannot be handed over at once is given up."""
        self._is_closed.set()

    def _begin(self, account_id: int, api_call_id: str) -> None:
        try:
            self._sink.begin(account_id, api_call_id)
        except OperationalError:
            raise
        except Exception:
            log.exception("record_not_begun", api_call_id=api_call_id)


class PresenceBoard:
    """Brings the phones' presence into their rows; only the latest of each phone matters."""

    def __init__(self, queue: WriteBehind) -> None:
        self._queue = queue
        self._lock = threading.Lock()
        self._told: dict[tuple[int, str], Presence] = {}
        self._news: dict[int, dict[str, Presence]] = {}

    def changed(self, account_id: int, address: str, presence: Presence) -> None:
        """One phone's presence has changed. Never waits."""
        self.report(account_id, {address: presence})

    def report(self, account_id: int, presences: Mapping[str, Presence]) -> None:
        """The presence of several phones of an account; what was told before is passed over."""
        with self._lock:
            news = {each: state for each, state in presences.items() if self._told.get((account_id, each)) is not state}
            if not news:
                return
            self._told.update({(account_id, each): presence for each, presence in news.items()})
            is_first = account_id not in self._news
            self._news.setdefault(account_id, {}).update(news)
        if is_first:
            self._queue.put(f"presence:{account_id}", lambda: self._write(account_id))

    def _write(self, account_id: int) -> None:
        with self._lock:
            news = self._news.pop(account_id, {})
        try:
            _write_presence(account_id, news)
        except BaseException:
            with self._lock:
                self._news[account_id] = {**news, **self._news.get(account_id, {})}
            raise


@dataclass(frozen=True, slots=True)
class Desk:
    """Whom an engine asks and tells."""

    planner: RoutePlanner
    journal: QueuedJournal
    sink: QueuedSink
    board: PresenceBoard
    known_callers: KnownCallers
    haste: Haste


def _write_presence(account_id: int, news: Mapping[str, Presence]) -> None:
    with transaction(account_id) as session:
        lines = session.scalars(select(SipLine).where(SipLine.name.in_(news)))
        changed = [line for line in lines if line.presence != news[line.name] or line.presence_at is None]
        for line in changed:
            line.presence, line.presence_at = news[line.name], now()
        if changed:
            announce("phones-changed")
