"""The notes that take longer, written beside the sending: failures, and what changes the state of a webhook."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

import structlog
from flask import Flask
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.kernel.clock import monotonic
from portal.kernel.db import transaction
from portal.webhooks.sending.completion import complete
from portal.webhooks.sending.finished import Finished

log = structlog.get_logger(__name__)

SEES_ALL = "webhook dispatch"
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError, ProgrammingError, PoolTimeout)
"""Locked, full, restarting, half migrated: no fault of what was to be written, which is kept for the next time."""
_AGAIN_AFTER = 1.0


class Noter:
    """A thread that notes what it is given until it is closed. What it could not note waits for the database.

    Such a note holds its webhook, judges it and tells of it: with receivers that fail it would keep those of the
    receivers that do not waiting, some 20 ms each time.
    """

    def __init__(self, app: Flask, when_noted: Callable[[], None]) -> None:
        self._app = app
        self._when_noted = when_noted
        self._given: queue.SimpleQueue[Sequence[Finished]] = queue.SimpleQueue()
        self._unnoted: list[Finished] = []
        self._ends_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="webhooks-noter")

    def start(self) -> None:
        """Returns at once."""
        self._thread.start()

    def note(self, tries: Sequence[Finished]) -> None:
        """Returns at once; `when_noted` is called afterwards, since something may be due then."""
        if tries:
            self._given.put(tries)

    def close(self, seconds: float) -> int:
        """Notes the rest, for so long at most; answers how many could not be noted."""
        self._ends_at = monotonic() + seconds
        self._given.put(())
        self._thread.join()
        return len(self._unnoted)

    def _run(self) -> None:
        with self._app.app_context():
            while not self._is_over():
                self._gather()
                if self._unnoted:
                    self._unnoted = note_each(self._unnoted)
                    self._when_noted()

    def _is_over(self) -> bool:
        if self._ends_at is None or not self._given.empty():
            return False
        return not self._unnoted or monotonic() > self._ends_at

    def _gather(self) -> None:
        try:
            self._unnoted += self._given.get(timeout=_AGAIN_AFTER if self._unnoted else None)
            while True:
                self._unnoted += self._given.get_nowait()
        except queue.Empty:
            return


def note_each(tries: Sequence[Finished]) -> list[Finished]:
    """Notes them together, or, where something cannot be written, one by one; answers those that the database put off.

    One that cannot be noted at all is due again when its lease ends.
    """
    try:
        with transaction(everything=SEES_ALL) as session:
            complete(session, tries)
    except DATABASE_AWAY as error:
        log.warning("webhook_database_away", error=type(error).__name__, unnoted=len(tries))
        return list(tries)
    except Exception:
        if len(tries) == 1:
            log.exception("webhook_attempt_cannot_be_noted", delivery=tries[0].delivery.id)
            return []
        return [left for each in tries for left in note_each([each])]
    return []
