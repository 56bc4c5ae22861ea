"""A scribe in threads of the engine's own process."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from portal.telephony.engine import CallSnapshot, RecordSink
from portal.telephony.scribe.presence import PresenceBoard
from portal.telephony.scribe.protocol import Backlog, Books
from portal.telephony.scribe.queued import QueuedJournal, QueuedSink
from portal.telephony.scribe.write_behind import WriteBehind


class LocalScribe:
    """See `Scribe`. `written` is told of each snapshot that is in the database."""

    def __init__(
        self,
        app: Flask,
        journal: Books,
        sink: RecordSink,
        written: Callable[[CallSnapshot], None] = lambda _call: None,
    ) -> None:
        self._queue = WriteBehind("journal", app.app_context)
        self.journal = QueuedJournal(journal, self._queue, written)
        self.sink = QueuedSink(sink, self._queue)
        self.board = PresenceBoard(self._queue)

    def begin(self) -> None:
        """An earlier one has ended with its process."""
        self._queue.start()

    def check(self) -> None:
        """It lives as long as its process."""

    def backlog(self) -> Backlog:
        """See `Scribe`."""
        return self._queue.backlog()

    def stop(self, seconds: float) -> int:
        """See `Scribe`."""
        return self._queue.stop(seconds)
