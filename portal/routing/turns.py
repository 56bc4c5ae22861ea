"""Where round robin stands: moved in memory while a caller waits, and written a moment later.

Of two calls at once the second sees where the first began. Several engines that share a group see each other's turns
when these are written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from portal.kernel.clock import monotonic
from portal.kernel.db import transaction
from portal.routing.deciding import Decision
from portal.routing.facts import GroupFacts
from portal.routing.models import HuntGroup

log = structlog.get_logger(__name__)

_WRITES_AFTER = 0.2
"""Seconds: the turns of a busy moment are written together, and a process that is killed loses no more."""


@dataclass(slots=True)
class _Turn:
    member_id: int
    written_at: float | None = None


class Turns:
    """One per process, thread-safe."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._turns: dict[tuple[int, int], _Turn] = {}
        self._timer: threading.Timer | None = None

    def take(
        self, account_id: int, group: GroupFacts, read_at: float, decide: Callable[[int | None], Decision]
    ) -> Decision:
        """The decision that `decide` comes to when it is told with whom the group's round robin last began.

        `group` was read at `read_at` (monotonic seconds) or later.
        """
        with self._lock:
            turn = self._turns.get((account_id, group.id))
            if turn is None or (turn.written_at is not None and turn.written_at < read_at):
                decision = decide(group.last_member_key)
            else:
                decision = decide(turn.member_id)
            if decision.begins_with is not None:
                self._turns[account_id, group.id] = _Turn(decision.begins_with)
                self._write_soon()
        return decision

    def _write_soon(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(_WRITES_AFTER, self.write)
            self._timer.daemon = True
            self._timer.start()

    def write(self) -> None:
        """Brings what waits into its rows, now."""
        with self._lock:
            timer, self._timer = self._timer, None
            waiting = {key: turn for key, turn in self._turns.items() if turn.written_at is None}
        if timer is not None:
            timer.cancel()
        if not waiting:
            return
        rows = [{"id": group_id, "last_member_id": turn.member_id} for (_, group_id), turn in waiting.items()]
        try:
            with self._app.app_context(), transaction(everything="turns of round robin") as session:
                session.execute(update(HuntGroup), rows)
        except SQLAlchemyError as error:
            # They stay in memory, and are written with the next.
            log.warning("turns_not_written", error=repr(error))
            return
        moment = monotonic()
        with self._lock:
            for turn in waiting.values():
                turn.written_at = moment
