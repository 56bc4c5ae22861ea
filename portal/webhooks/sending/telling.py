"""Open pages are told that deliveries of their account have come further."""

from __future__ import annotations

import math

from portal.kernel.bells import live_topic
from portal.kernel.clock import monotonic
from portal.kernel.steady import SteadyConnection

_TELLS_EVERY = 0.25
"""Seconds between two words to an account's open pages: they need not fetch anew with each of many notices."""


class Teller:
    """Tells at once, but not all the time. Used by the thread that claims and notes."""

    def __init__(self) -> None:
        self._changed: set[int] = set()
        self._tells_at = 0.0

    @property
    def pause(self) -> float:
        """Seconds until there is something to tell."""
        return self._tells_at - monotonic() if self._changed else math.inf

    def tell(self, steady: SteadyConnection, changed: set[int]) -> None:
        """The pages of these accounts fetch anew, with the present transaction or soon."""
        self._changed |= changed
        if self._changed and monotonic() >= self._tells_at:
            steady.ring(*(live_topic(account_id, "webhooks-changed") for account_id in self._changed))
            self._changed.clear()
            self._tells_at = monotonic() + _TELLS_EVERY
