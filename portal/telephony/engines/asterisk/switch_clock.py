"""Asterisk's moments, told by our clock: two machines never agree, and an event may come late."""

from __future__ import annotations

from datetime import datetime, timedelta

_NEVER = timedelta.max
_RELAXES = 0.001
"""How much of the time that passes the smallest difference may grow by, should one of the clocks be set."""


class SwitchClock:
    """The smallest difference between an event's own time and its arrival is the difference of the clocks."""

    def __init__(self) -> None:
        self._ahead = _NEVER
        self._looked_at: datetime | None = None

    def moment(self, told: datetime, arrived_at: datetime) -> datetime:
        """When that happened, by our clock: never after it arrived."""
        ahead = arrived_at - told
        if self._looked_at is None or ahead <= self._ahead:
            self._ahead = ahead
        else:
            self._ahead = min(ahead, self._ahead + max(timedelta(), arrived_at - self._looked_at) * _RELAXES)
        self._looked_at = arrived_at
        return min(arrived_at, told + self._ahead)

    def by_ours(self, told: datetime) -> datetime | None:
        """A moment of Asterisk's by our clock, or None before any event has come."""
        return None if self._looked_at is None else told + self._ahead
