"""A scribe in a process of its own: what it costs to write slows no decision.

What the engine tells is in the other process within 10 ms, which writes it even where the engine is killed; the engine
keeps each call's latest snapshot until it hears that it is written, for the case that the scribe is killed.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import structlog
from flask import Flask

from portal.kernel.clock import monotonic
from portal.telephony.engine import CallChange, CallJournal, CallSnapshot, Presence, RecordSink
from portal.telephony.errors import ScribeLost
from portal.telephony.scribe.desk import ScribeDesk
from portal.telephony.scribe.letters import Begin, Behind, End, Noted, PhonesSeen, Ready, RecordTaken, Written
from portal.telephony.scribe.outbox import Outbox
from portal.telephony.scribe.protocol import Backlog, Books
from portal.telephony.scribe.records import RemoteSink

log = structlog.get_logger(__name__)

_STEP = 0.02
_BREATH_SECONDS = 0.01
"""What is told meanwhile is sent together: in a busy hour each letter would else wake a thread here, and one there."""


class ScribeProcess:
    """See `Scribe`. Made by `fork`."""

    def __init__(self, line: Connection, child: int, journal: CallJournal) -> None:
        self.process = child
        self._line, self._own_journal = line, journal
        self._outbox = Outbox()
        self._backlog = Backlog()
        self._is_ready, self._is_gone = threading.Event(), threading.Event()
        self.journal = _RemoteJournal(self._outbox)
        self.sink = RemoteSink(self._outbox.put)
        self.board = _RemoteBoard(self._outbox)

    @classmethod
    def fork(cls, app: Flask, journal: Books, sink: RecordSink) -> ScribeProcess:
        """Starts the process, which waits for `begin`; no connection to the database may be open.

        `journal` and `sink` write there, and `journal` also here for a scribe that was killed.
        """
        ours, theirs = Pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child:
            theirs.close()
            return cls(ours, child, journal)
        code = 1
        try:
            ours.close()
            ScribeDesk(app, journal, sink, theirs).run()
            code = 0
        except BaseException:
            log.exception("scribe_failed")
        finally:
            sys.stderr.flush()
            os._exit(code)

    def begin(self) -> None:
        """See `Scribe`."""
        for name, work in (("to the scribe", self._send_on), ("from the scribe", self._hear_on)):
            threading.Thread(target=work, name=name, daemon=True).start()
        self._outbox.put(Begin())
        while not self._is_ready.wait(_STEP):
            self.check()

    def check(self) -> None:
        """See `Scribe`."""
        if self._is_gone.is_set():
            raise ScribeLost

    def backlog(self) -> Backlog:
        """As the scribe has last said: once a second."""
        return self._backlog

    def stop(self, seconds: float) -> int:
        """See `Scribe`. One that is not ready by then goes on writing alone, and nothing is lost."""
        self._outbox.put(End())
        deadline = monotonic() + seconds
        while not self._has_ended():
            if monotonic() >= deadline:
                log.warning("scribe_goes_on", process=self.process, unwritten=self._backlog.count)
                return 0
            threading.Event().wait(_STEP)
        return self._write_here()

    def _write_here(self) -> int:
        """What the scribe has not written, since it was killed; usually nothing."""
        left = self._outbox.unwritten()
        for each in left:
            try:
                self._own_journal.record(each.call, each.change)
            except Exception:
                log.exception("not_in_the_journal", api_call_id=each.call.api_call_id)
            else:
                self._outbox.has_written(each.call.api_call_id, each.call.version)
        return len(self._outbox.unwritten())

    def _has_ended(self) -> bool:
        try:
            return os.waitpid(self.process, os.WNOHANG)[0] == self.process
        except ChildProcessError:
            return True

    def _send_on(self) -> None:
        try:
            while True:
                letters = self._outbox.next()
                self._line.send(letters)
                if isinstance(letters[-1], End):
                    return
                self._is_gone.wait(_BREATH_SECONDS)
        except OSError:
            self._is_gone.set()

    def _hear_on(self) -> None:
        try:
            while True:
                match self._line.recv():
                    case Ready():
                        self._is_ready.set()
                    case Written(api_call_id=api_call_id, version=version):
                        self._outbox.has_written(api_call_id, version)
                    case RecordTaken(number=number, fault=fault):
                        self.sink.hear(number, fault)
                    case Behind(backlog=backlog):
                        self._backlog = backlog
        except (EOFError, OSError):
            self._is_gone.set()
            self.sink.close()


class _RemoteJournal:
    """See `CallJournal`. Never waits and never fails."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def record(self, call: CallSnapshot, change: CallChange) -> None:
        self._outbox.put(Noted(call, change))


class _RemoteBoard:
    """See `Board`."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def changed(self, account_id: int, address: str, presence: Presence) -> None:
        self.report(account_id, {address: presence})

    def report(self, account_id: int, presences: Mapping[str, Presence]) -> None:
        self._outbox.put(PhonesSeen(account_id, dict(presences)))
