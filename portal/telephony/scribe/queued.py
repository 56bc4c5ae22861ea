"""Journal and records, each without waiting for the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import structlog
from sqlalchemy.exc import OperationalError

from portal.telephony.engine import CallChange, CallJournal, CallSnapshot, RecordSink
from portal.telephony.errors import SinkClosed
from portal.telephony.scribe.write_behind import WriteBehind

log = structlog.get_logger(__name__)

_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class QueuedJournal:
    """A journal that never fails and never waits: one lane per call keeps its snapshots in order.

    A snapshot holds all that is known, and a journal works out from it what has happened since the last that it got:
    one that still waits is left out when a newer one comes. So a busy hour costs less for each call.
    """

    def __init__(
        self,
        journal: CallJournal,
        queue: WriteBehind,
        written: Callable[[CallSnapshot], None] = lambda _call: None,
    ) -> None:
        self._journal = journal
        self._queue = queue
        self._written = written
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[CallSnapshot, CallChange]] = {}

    def record(self, call: CallSnapshot, change: CallChange) -> None:
        """See `CallJournal`."""
        with self._lock:
            is_waiting = call.api_call_id in self._waiting
            self._waiting[call.api_call_id] = (call, change)
        if not is_waiting:
            self._queue.put(call.api_call_id, lambda: self._write(call.api_call_id))

    def _write(self, api_call_id: str) -> None:
        with self._lock:
            found = self._waiting.pop(api_call_id, None)
        if found is None:
            return  # the try before this one has written it
        call, change = found
        try:
            self._journal.record(call, change)
        except BaseException:
            with self._lock:
                # Tried again by the same job, or what came meanwhile is.
                self._waiting.setdefault(api_call_id, (call, change))
            raise
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
