"""How often a key may ask: a bucket of requests that fills steadily, one per key, so that no CRM slows another.

The bucket is a row; a web process takes some dozens of requests out of it at once and counts them down by itself. So
one write stands for many requests, and a process that dies loses a second's worth at most.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from portal.accounts.api_keys import KeyHolder
from portal.kernel.clock import monotonic, now
from portal.kernel.db import transaction, upsert
from portal.kernel.errors import TooMany
from portal.public_api.models import ApiAllowance

CAPACITY = 3_000
"""Requests that a key which was quiet for a minute may make at once."""
PER_SECOND = 50
"""How many come back each second."""
_SHARE = 100
"""What a process takes at once."""
_SHARE_SECONDS = 10.0
"""What it has not used by then, another process may have had: it asks anew."""
_PAUSE_SECONDS = 1


@dataclass(slots=True)
class _Share:
    """What a process may still count down; `is_refusal` where the bucket was empty."""

    left: int
    until: float
    is_refusal: bool = False


class Limits:
    """What this process has taken out of each key's bucket. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shares: dict[int, _Share] = {}

    def count(self, holder: KeyHolder) -> None:
        """Counts a request. Raises `TooMany` where the key has none left: some come back within a second."""
        with self._lock:
            share = self._current(holder.key_id)
            if share.is_refusal:
                raise TooMany("Too many requests with this key: ask again in a second.", _PAUSE_SECONDS)
            if share.left > 0:
                share.left -= 1
                return
        # Not under the lock: other keys need not wait for the database.
        taken = _take(holder)
        with self._lock:
            self._keep(holder.key_id, taken)
        self.count(holder)

    def _current(self, key_id: int) -> _Share:
        share = self._shares.get(key_id)
        return share if share is not None and share.until > monotonic() else _Share(0, 0)

    def _keep(self, key_id: int, taken: int) -> None:
        """Adds to what another thread may have fetched meanwhile."""
        left = self._current(key_id).left + taken
        # A refusal stands for its second too: who asks on is refused without a look at the database.
        self._shares[key_id] = _Share(left, monotonic() + (_SHARE_SECONDS if left else _PAUSE_SECONDS), left == 0)


def _take(holder: KeyHolder) -> int:
    """Takes a share out of the key's bucket; answers how many requests it is good for."""
    moment = now()
    with transaction(holder.account_id) as session:
        fresh = {"api_key_id": holder.key_id, "requests_left": CAPACITY, "refilled_at": moment}
        upsert(ApiAllowance, fresh, key=["account_id", "api_key_id"])
        row = session.scalars(
            select(ApiAllowance).where(ApiAllowance.api_key_id == holder.key_id).with_for_update()
        ).one()
        regained = max(0, int((moment - row.refilled_at) / timedelta(seconds=1) * PER_SECOND))
        row.refilled_at += timedelta(seconds=regained / PER_SECOND)
        full = min(CAPACITY, row.requests_left + regained)
        taken = min(_SHARE, full)
        row.requests_left = full - taken
        return taken
