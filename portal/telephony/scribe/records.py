"""Records on their way to a scribe in another process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from pathlib import Path

from portal.telephony.errors import SinkClosed
from portal.telephony.scribe.letters import RecordBegun, RecordWhole


class RemoteSink:
    """See `EngineSink`."""

    def __init__(self, put: Callable[[object], None]) -> None:
        self._put = put
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[str | None]] = {}
        self._is_closed = False

    def begin(self, account_id: int, api_call_id: str) -> None:
        """See `RecordSink`. Does not wait."""
        self._put(RecordBegun(account_id, api_call_id))

    def complete(self, account_id: int, api_call_id: str, path: Path, seconds: float) -> None:
        """See `EngineSink`. Raises `RuntimeError` where the scribe could not take it."""
        answer: Future[str | None] = Future()
        with self._lock:
            if self._is_closed:
                raise SinkClosed
            number = next(self._numbers)
            self._waiting[number] = answer
        self._put(RecordWhole(number, account_id, api_call_id, path, seconds))
        fault = answer.result()
        if fault is not None:
            raise RuntimeError(fault)

    def hear(self, number: int, fault: str | None) -> None:
        """The scribe has answered."""
        with self._lock:
            answer = self._waiting.pop(number, None)
        if answer is not None:
            answer.set_result(fault)

    def close(self) -> None:
        """See `EngineSink`."""
        with self._lock:
            self._is_closed = True
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for answer in waiting:
            answer.set_exception(SinkClosed())
