"""What a worker has claimed: with its senders, or waiting for one of them."""

from __future__ import annotations

import queue
import threading
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from portal.webhooks.models import Lane
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.queue import Caps
from portal.webhooks.sending.schedule import LEASE

RENEW_AFTER = timedelta(seconds=2)
"""So old a lease of what still waits is renewed: a try begins only where its lease outlasts it."""


class Hand:
    """Gives each sender its next delivery as soon as the one before is over, without asking the database. Thread-safe.

    At most `caps.per_account` of an account are with senders at once: receivers of one account that hang leave the
    others theirs. Starts of calls go before ends and ends before repeats; within that the account that has the fewest
    at work.
    """

    def __init__(self, senders: int, caps: Caps) -> None:
        self._senders = senders
        self._caps = caps
        self._lock = threading.Lock()
        self._waiting: dict[tuple[Lane, int], deque[ClaimedDelivery]] = {}
        """By lane and account; the account that has waited longest for its turn stands first."""
        self._at_work: Counter[int] = Counter()
        self._at_webhook: Counter[int] = Counter()
        self._busy = 0
        self._calls: queue.SimpleQueue[ClaimedDelivery | None] = queue.SimpleQueue()

    @property
    def is_waited_in(self) -> bool:
        """Whether anything waits for a sender."""
        return bool(self._waiting)

    def take_in(self, claimed: Sequence[ClaimedDelivery]) -> None:
        """These go out as soon as senders are free."""
        with self._lock:
            self._put(claimed)
            while self._busy < self._senders and (each := self._next()) is not None:
                self._busy += 1
                self._calls.put(each)

    def choose(self, offered: Sequence[ClaimedDelivery]) -> tuple[list[ClaimedDelivery], list[ClaimedDelivery]]:
        """Of what is offered, what senders have room for now, theirs with `begin`; and what must take its turn."""
        taken: list[ClaimedDelivery] = []
        left: list[ClaimedDelivery] = []
        with self._lock:
            for each in offered:
                if self._has_room_for(each):
                    self._busy += 1
                    self._goes(each)
                    taken.append(each)
                else:
                    left.append(each)
        return taken, left

    def begin(self, taken: Iterable[ClaimedDelivery]) -> None:
        """These were chosen."""
        for each in taken:
            self._calls.put(each)

    def first(self) -> ClaimedDelivery | None:
        """For a sender that has nothing to do: waits for a delivery; None when there will be none."""
        return self._calls.get()

    def next_after(self, sent: ClaimedDelivery) -> ClaimedDelivery | None:
        """For the sender of this one, which is over; None: it waits with `first`."""
        with self._lock:
            for counter, key in ((self._at_work, sent.account_id), (self._at_webhook, sent.subscription_id)):
                counter[key] -= 1
                if not counter[key]:
                    del counter[key]
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
            left = self._all()
            self._waiting.clear()
            return left

    def to_renew(self, now: datetime) -> list[ClaimedDelivery]:
        """What has waited so long that its lease must be renewed."""
        with self._lock:
            return [each for each in self._all() if each.lease_until - now <= LEASE - RENEW_AFTER]

    def renewed(self, asked: Collection[ClaimedDelivery], held: Collection[int], lease_until: datetime) -> int:
        """Of what was asked for, these ids are held on; the others have become somebody else's, and go: how many."""
        ids = {each.id for each in asked}
        with self._lock:
            before = self._all()
            left = [
                replace(each, lease_until=lease_until) if each.id in held else each
                for each in before
                if each.id not in ids or each.id in held
            ]
            self._waiting.clear()
            self._put(left)
            return len(before) - len(left)

    def _all(self) -> list[ClaimedDelivery]:
        return list(chain.from_iterable(self._waiting.values()))

    def _put(self, claimed: Iterable[ClaimedDelivery]) -> None:
        for each in claimed:
            self._waiting.setdefault((each.lane, each.account_id), deque()).append(each)

    def _next(self) -> ClaimedDelivery | None:
        """The one that goes next, now at work; the lock is held."""
        found, least = None, (0, 0)
        for lane, account_id in self._waiting:
            number = self._at_work[account_id]
            if number < self._caps.per_account and (found is None or (lane, number) < least):
                found, least = (lane, account_id), (lane, number)
        if found is None:
            return None
        queued = self._waiting.pop(found)
        taken = queued.popleft()
        if queued:
            self._waiting[found] = queued
        self._goes(taken)
        return taken

    def _has_room_for(self, offered: ClaimedDelivery) -> bool:
        """Nobody waits before it, and it holds no sender that another webhook or account should have."""
        return (
            not self._waiting
            and self._busy < self._senders
            and self._at_work[offered.account_id] < self._caps.per_account
            and self._at_webhook[offered.subscription_id] < self._caps.per_webhook
        )

    def _goes(self, taken: ClaimedDelivery) -> None:
        self._at_work[taken.account_id] += 1
        self._at_webhook[taken.subscription_id] += 1
