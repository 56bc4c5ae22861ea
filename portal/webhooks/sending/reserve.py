"""How much a worker claims beyond what its senders are at."""

from __future__ import annotations

from collections import deque

from portal.kernel.clock import monotonic

MOST_AHEAD = 3
"""For each sender so many deliveries may be claimed beyond the one it sends: a round for few is a dear one."""
_MOMENT = 0.2
"""Seconds: what landed within the last ones is what will be sent within the next ones."""


class Reserve:
    """Learns from round to round. Used by the thread that claims."""

    def __init__(self, senders: int) -> None:
        self._most = MOST_AHEAD * senders
        self._landings: deque[float] = deque(maxlen=senders)
        self.size = 0
        """So many deliveries."""
        self.has_more = False
        """Whether there was more in the database than was asked for."""

    def landed(self) -> None:
        """A sender is free again."""
        self._landings.append(monotonic())

    def learn(self, *, has_more: bool) -> None:
        """As many as landed within a moment are sent within one: nobody waits long for them.

        Where there was more than was asked for senders may have stood idle meanwhile: then more, from round to round.
        """
        lately = monotonic() - _MOMENT
        soon = sum(1 for landed_at in self._landings if landed_at > lately)
        self.size = min(max(2 * self.size, soon), self._most) if has_more else soon
        self.has_more = has_more
