"""What was offered to a worker and is not settled: sent without a claim of its own, and held or noted soon."""

from __future__ import annotations

import math
from collections.abc import Collection

from sqlalchemy import Connection

from portal.kernel.clock import monotonic, now
from portal.webhooks.offers import PATIENCE
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.ear import Offered
from portal.webhooks.sending.queue import decline, hold

HOLDS_AFTER = PATIENCE.total_seconds() / 3
"""Seconds: most have landed by then, and their note needs no more than the claim that they came with."""


class TakenOffers:
    """Used by the thread that claims and notes."""

    def __init__(self) -> None:
        self._taken: dict[int, ClaimedDelivery] = {}
        self._left: list[ClaimedDelivery] = []
        self.holds_at = math.inf
        """When, on the monotonic clock, some of it must be held."""

    def hear_of(self, news: Offered) -> None:
        """Some went to senders, some must be declined."""
        self._taken |= {each.id: each for each in news.taken}
        self._left += news.left
        if news.taken:
            self.holds_at = min(self.holds_at, monotonic() + HOLDS_AFTER)

    def forget(self, delivery: ClaimedDelivery) -> None:
        """It was not sent after all: it is anybody's as soon as its offer is over."""
        self._taken.pop(delivery.id, None)

    def decline(self, connection: Connection) -> None:
        """What senders had no room for is due now."""
        decline(connection, self._left)

    def settle(self, connection: Connection, noted: Collection[int], *, is_claiming: bool) -> bool:
        """Holds what is not noted: all of it once some has lasted, or where a claim counts what is in the air.

        Answers whether it did; `settled` is for after the commit.
        """
        open_ = [each for number, each in self._taken.items() if number not in noted]
        is_held = bool(open_) and (is_claiming or monotonic() >= self.holds_at)
        if is_held:
            hold(connection, open_, now())
        return is_held

    def settled(self, noted: Collection[int], *, is_held: bool) -> None:
        """So it was written."""
        self._left = []
        self._taken = {} if is_held else {number: each for number, each in self._taken.items() if number not in noted}
        if not self._taken:
            self.holds_at = math.inf

    def hold_all(self, connection: Connection) -> None:
        """The worker stops: what is in the air may last."""
        hold(connection, self._taken.values(), now())
