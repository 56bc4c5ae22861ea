"""Journal and records, each without waiting for the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import structlog
from sqlalchemy.exc import OperationalError

from portal.telephony.engine import CallChange, CallSnapshot, RecordSink
from portal.telephony.errors import SinkClosed
from portal.telephony.scribe.protocol import Books
from portal.telephony.scribe.write_behind import WriteBehind

log = structlog.get_logger(__name__)

Note: TypeAlias = tuple[CallSnapshot, CallChange]

_TOGETHER = 10
"""More would cost hardly less for each, and keep other writers waiting for longer."""
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class QueuedJournal:
    """A journal that never fails and never waits: one lane per call keeps its snapshots in order.

    A snapshot holds all that is known, and a journal works out from it what has happened since the last that it got:
    one that still waits is left out when a newer one comes. And of an account's calls that wait, several are written
    together. So a busy hour costs less for each call.
    """

    def __init__(
        self,
        journal: Books,
        queue: WriteBehind,
        written: Callable[[CallSnapshot], None] = lambda _call: None,
    ) -> None:
        self._journal = journal
        self._queue = queue
        self._written = written
        self._lock = threading.Lock()
        self._waiting: dict[int, dict[str, Note]] = {}
        """By account and call, who waits longest first. Each has a job in its call's lane."""
        self._alone: set[str] = set()
        """Calls that could not be written: they keep nobody else from it."""

    def record(self, call: CallSnapshot, change: CallChange) -> None:
        """See `CallJournal`."""
        account_id, api_call_id = call.account_id, call.api_call_id
        with self._lock:
            waiting = self._waiting.setdefault(account_id, {})
            is_waiting = api_call_id in waiting
            waiting[api_call_id] = (call, change)
        if not is_waiting:
            self._queue.put(api_call_id, lambda: self._write(account_id, api_call_id))

    def _write(self, account_id: int, api_call_id: str) -> None:
        notes = self._take(account_id, api_call_id)
        if len(notes) > 1 and not self._is_written(notes):
            notes = self._take(account_id, api_call_id)
        if len(notes) == 1:
            self._write_alone(notes)

    def _take(self, account_id: int, api_call_id: str) -> list[Note]:
        """What waits of this call, and of others of its account; nothing where it was written with another."""
        with self._lock:
            waiting = self._waiting.get(account_id, {})
            if api_call_id not in waiting:
                return []
            others = (each for each in waiting if each != api_call_id and each not in self._alone)
            is_alone = api_call_id in self._alone
            together = [api_call_id, *(() if is_alone else islice(others, _TOGETHER - 1))]
            notes = [waiting.pop(each) for each in together]
            if not waiting:
                del self._waiting[account_id]
            return notes

    def _give_back(self, notes: Sequence[Note]) -> None:
        """To be tried again, unless something newer has come meanwhile."""
        with self._lock:
            for call, change in notes:
                self._alone.add(call.api_call_id)
                self._waiting.setdefault(call.account_id, {}).setdefault(call.api_call_id, (call, change))

    def _is_written(self, notes: Sequence[Note]) -> bool:
        """Several together; where one of them cannot be written, each is tried by its own job, alone."""
        try:
            self._journal.record_all(notes)
        except Exception as error:  # noqa: BLE001 - told by the one that it is of
            log.info("not_written_together", calls=len(notes), error=repr(error))
            self._give_back(notes)
            return False
        self._tell(notes)
        return True

    def _write_alone(self, notes: Sequence[Note]) -> None:
        try:
            self._journal.record_all(notes)
        except BaseException:
            self._give_back(notes)
            raise
        self._tell(notes)

    def _tell(self, notes: Sequence[Note]) -> None:
        with self._lock:
            self._alone.difference_update(call.api_call_id for call, _change in notes)
        for call, _change in notes:
            self._written(call)


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
        """See `RecordSink`. Waits for the call's lane and, where the database is away, for a minute; then raises.

        Raises `SinkClosed` where the lane comes to its end before the call is written.
        """
        try:
            self._queue.put(api_call_id, lambda: None).result()
        except CancelledError:
            raise SinkClosed from None
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
