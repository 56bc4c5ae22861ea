"""What a call has to say to the journal, in order, until it is written."""

import logging
from collections import deque
from datetime import timedelta

from portal.telephony.control.commands import Note
from portal.telephony.engine import CallJournal, CallSnapshot
from portal.telephony.engines.sandbox.timeline import Timeline

log = logging.getLogger(__name__)

FIRST_RETRY = 1.0
LONGEST_RETRY = 30.0
"""Seconds between two tries to write a note; doubled after each."""


class Notes:
    """One call's notes. A journal that fails is asked again later; the call goes on meanwhile."""

    def __init__(self, journal: CallJournal, timeline: Timeline) -> None:
        self._journal = journal
        self._timeline = timeline
        self._waiting: deque[Note] = deque()
        self._retry_in = FIRST_RETRY
        self._is_retrying = False
        self.latest: CallSnapshot | None = None

    def put(self, note: Note) -> None:
        self.latest = note.call
        self._waiting.append(note)
        if not self._is_retrying:
            self.flush()

    def flush(self) -> None:
        """Write what waits, now; what cannot be written waits on."""
        self._is_retrying = False
        while self._waiting:
            note = self._waiting[0]
            try:
                self._journal.record(note.call, note.change)
            except Exception:
                log.exception("call %s: %s not written, kept", note.call.api_call_id, note.change)
                self._retry_later()
                return
            self._waiting.popleft()
            self._retry_in = FIRST_RETRY

    def _retry_later(self) -> None:
        self._is_retrying = True
        self._timeline.call_at(self._timeline.now() + timedelta(seconds=self._retry_in), self.flush)
        self._retry_in = min(2 * self._retry_in, LONGEST_RETRY)
