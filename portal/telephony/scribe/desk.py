"""The scribe's own process: takes letters from its engine and writes, with less haste than anybody else."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

import structlog
from flask import Flask

from portal.kernel.clock import monotonic
from portal.kernel.config import Settings
from portal.kernel.locks import ProcessLock, take_lock
from portal.telephony.engine import CallSnapshot, RecordSink
from portal.telephony.scribe.letters import (
    Begin,
    Behind,
    End,
    Noted,
    PhonesSeen,
    Ready,
    RecordBegun,
    RecordTaken,
    RecordWhole,
    Written,
)
from portal.telephony.scribe.local import LocalScribe
from portal.telephony.scribe.protocol import Books

log = structlog.get_logger(__name__)

_POLITE = 5
"""Of a core that both want the engine has three parts of four: the journal may be late, a decision may not."""
_TELLS_SECONDS = 1.0
_LOCK_STEP = 0.05
_LAST_SECONDS = 5.0
_HOPELESS_SECONDS = 60.0
"""When nothing could be written for so long after the end, the rest is given up: the next engine waits for us."""


class ScribeDesk:
    """Ends when its engine has said so or is gone, and everything is written."""

    def __init__(self, app: Flask, journal: Books, sink: RecordSink, line: Connection) -> None:
        self._settings: Settings = app.extensions["portal.settings"]
        self._scribe = LocalScribe(app, journal, sink, self._tell_written)
        self._line = line
        self._letters = self._hear()
        self._speaking = threading.Lock()
        self._over = threading.Event()
        self._recorder = ThreadPoolExecutor(2, "recorder")

    def run(self) -> None:
        """Everything, from `Begin` to the end."""
        # Whoever ends the engine ends us by that: what waits is written first.
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        os.nice(_POLITE)
        if not isinstance(next(self._letters, None), Begin):
            return
        lock = self._lock()
        try:
            self._scribe.begin()
            self._tell(Ready())
            threading.Thread(target=self._tell_backlog, name="backlog", daemon=True).start()
            for letter in self._letters:
                self._take(letter)
            self._scribe.sink.close()
            self._finish()
        finally:
            lock.release()

    def _finish(self) -> None:
        backlog, since = self._scribe.backlog().count, monotonic()
        while backlog and monotonic() - since < _HOPELESS_SECONDS:
            self._over.wait(_LOCK_STEP)
            if (left := self._scribe.backlog().count) != backlog:
                backlog, since = left, monotonic()
        if lost := self._scribe.stop(_LAST_SECONDS):
            log.error("not_written_at_the_end", count=lost)
        self._recorder.shutdown()

    def _lock(self) -> ProcessLock:
        """Of two scribes of one switch the later waits: an engine that was killed has left one that still writes."""
        name = f"scribe-{self._settings.switch}"
        while (lock := take_lock(name, self._settings.database_url, self._settings.data)) is None:
            self._over.wait(_LOCK_STEP)
        return lock

    def _take(self, letter: object) -> None:
        match letter:
            case Noted(call=call, change=change):
                self._scribe.journal.record(call, change)
            case RecordBegun(account_id=account_id, api_call_id=api_call_id):
                self._scribe.sink.begin(account_id, api_call_id)
            case RecordWhole():
                self._recorder.submit(self._take_record, letter)
            case PhonesSeen(account_id=account_id, presences=presences):
                self._scribe.board.report(account_id, presences)

    def _take_record(self, record: RecordWhole) -> None:
        fault = None
        try:
            self._scribe.sink.complete(record.account_id, record.api_call_id, record.path, record.seconds)
        except Exception as error:  # noqa: BLE001 - told to whoever waits for it
            fault = repr(error)
        self._tell(RecordTaken(record.number, fault))

    def _hear(self) -> Iterator[object]:
        """Letters, until their end; that the engine is gone is that too."""
        try:
            while True:
                for letter in self._line.recv():
                    if isinstance(letter, End):
                        return
                    yield letter
        except (EOFError, ConnectionError):
            return

    def _tell(self, letter: Any) -> None:
        try:
            with self._speaking:
                self._line.send(letter)
        except OSError:
            return  # nobody is there to hear it

    def _tell_written(self, call: CallSnapshot) -> None:
        self._tell(Written(call.api_call_id, call.version))

    def _tell_backlog(self) -> None:
        while not self._over.wait(_TELLS_SECONDS):
            self._tell(Behind(self._scribe.backlog()))
