"""What a worker has claimed: with its senders, or waiting for one of them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from portal.webhooks.sending.queue import ClaimedDelivery
from portal.webhooks.sending.schedule import LEASE

RENEW_AFTER = timedelta(seconds=2)
"""So old a lease of what still waits is renewed: a try begins only where its lease outlasts it."""


class Hand:
    """Gives each sender its next delivery as soon as the one before is over, without asking the database. Thread-safe.

    At most `per_account` of an account are with senders at once: receivers of one account that hang leave the others
    theirs. Starts of calls go before ends and ends before repeats; within that the account that has the fewest at work.
    """

    def __init__(self, senders: int, per_account: int) -> None:
        self._senders = senders
        self._per_account = per_account
        self._lock = threading.Lock()
        self._waiting: list[ClaimedDelivery] = []
        self._at_work: dict[int, int] = {}
        self._busy = 0
        self._calls: queue.SimpleQueue[ClaimedDelivery | None] = queue.SimpleQueue()

    @property
    def is_waited_in(self) -> bool:
        """Whether anything waits for a sender."""
        return bool(self._waiting)

    def take_in(self, claimed: Sequence[ClaimedDelivery]) -> None:
        """These go out as soon as senders are free."""
        with self._lock:
            self._waiting.extend(claimed)
            while self._busy < self._senders and (each := self._next()) is not None:
                self._busy += 1
                self._calls.put(each)

    def first(self) -> ClaimedDelivery | None:
        """For a sender that has nothing to do: waits for a delivery; None when there will be none."""
        return self._calls.get()

    def next_after(self, sent: ClaimedDelivery) -> ClaimedDelivery | None:
        """For the sender of this one, which is over; None: it waits with `first`."""
        with self._lock:
            left = self._at_work[sent.account_id] - 1
            if left:
                self._at_work[sent.account_id] = left
            else:
                del self._at_work[sent.account_id]
            found = self._next()
            if found is None:
                self._busy -= 1
            return found

    def dismiss(self) -> None:
        """Senders that wait, or will, go home."""
        for _ in range(self._senders):
            self._calls.put(None)

    def give_back(self) -> list[ClaimedDelivery]:
        """What no sender has begun: it is not sent from here any more."""
        with self._lock:
            left, self._waiting = self._waiting, []
            return left

    def to_renew(self, now: datetime) -> list[ClaimedDelivery]:
        """What has waited so long that its lease must be renewed."""
        with self._lock:
            return [each for each in self._waiting if each.lease_until - now <= LEASE - RENEW_AFTER]

    def renewed(self, asked: Collection[ClaimedDelivery], held: Collection[int], lease_until: datetime) -> int:
        """Of what was asked for, these ids are held on; the others have become somebody else's, and go: how many."""
        ids = {each.id for each in asked}
        with self._lock:
            before = len(self._waiting)
            self._waiting = [
                replace(each, lease_until=lease_until) if each.id in held else each
                for each in self._waiting
                if each.id not in ids or each.id in held
            ]
            return before - len(self._waiting)

    def _next(self) -> ClaimedDelivery | None:
        """The one that goes next, now at work; the lock is held."""
        found, least = None, (0, 0)
        for place, each in enumerate(self._waiting):
            number = self._at_work.get(each.account_id, 0)
            if number < self._per_account and (found is None or (each.lane, number) < least):
                found, least = place, (each.lane, number)
        if found is None:
            return None
        taken = self._waiting.pop(found)
        self._at_work[taken.account_id] = least[1] + 1
        return taken
