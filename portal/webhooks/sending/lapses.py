"""What ends by itself: the leases of the dead, and deliveries that come too late."""

from __future__ import annotations

import math

from sqlalchemy import Connection

from portal.kernel.bells import Bells
from portal.kernel.clock import monotonic, now
from portal.webhooks import offers
from portal.webhooks.sending.queue import expire, give_up, holders, take_back, take_from

LOOKS_EVERY = 1.0
LOOKS_AGAIN_AFTER = 0.2
"""Seconds between not hearing of a worker and taking it for dead, if it is not heard of then: it may lose its line."""
LATEST_LAPSE = 2.0
"""Seconds for which what is to be sent at once goes before the giving up of what is too late."""


class Lapses:
    """Looks now and then, soon where nothing waits for it."""

    def __init__(self, bells: Bells, worker: str) -> None:
        self._bells = bells
        self._worker = worker
        self._due_at = 0.0
        self._unheard: set[str] = set()
        self._has_company = False

    @property
    def pause(self) -> float:
        """Seconds until the next look that cannot wait: while others hold something, since they may die."""
        return self._due_at - monotonic() if self._has_company else math.inf

    def look(self, connection: Connection, *, is_idle: bool) -> set[int]:
        """Ends what is over where it is time to look; answers the accounts it was of."""
        if monotonic() < self._due_at + (0 if is_idle or self._unheard else LATEST_LAPSE):
            return set()
        ended = self._bury(connection)
        self._due_at = monotonic() + (LOOKS_AGAIN_AFTER if self._unheard else LOOKS_EVERY)
        return ended | take_back(connection, now()) | expire(connection, now()) | give_up(connection, now())

    def _bury(self, connection: Connection) -> set[int]:
        """A worker that listens no more has died, and its leases are over."""
        others = holders(connection) - {self._worker}
        unheard = others - offers.workers(self._bells, connection) if others else others
        dead = unheard & self._unheard
        self._unheard, self._has_company = unheard - dead, bool(others)
        return take_from(connection, dead) if dead else set()
