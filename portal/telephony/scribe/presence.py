"""How phones are, brought into their rows."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from sqlalchemy import select

from portal.kernel.clock import now
from portal.kernel.db import announce, transaction
from portal.telephony.engine import Presence
from portal.telephony.models import SipLine
from portal.telephony.scribe.write_behind import WriteBehind


class PresenceBoard:
    """Brings the phones' presence into their rows; only the latest of each phone matters."""

    def __init__(self, queue: WriteBehind) -> None:
        self._queue = queue
        self._lock = threading.Lock()
        self._told: dict[tuple[int, str], Presence] = {}
        self._news: dict[int, dict[str, Presence]] = {}

    def changed(self, account_id: int, address: str, presence: Presence) -> None:
        """One phone's presence has changed. Never waits."""
        self.report(account_id, {address: presence})

    def report(self, account_id: int, presences: Mapping[str, Presence]) -> None:
        """The presence of several phones of an account; what was told before is passed over."""
        with self._lock:
            news = {each: state for each, state in presences.items() if self._told.get((account_id, each)) is not state}
            if not news:
                return
            self._told.update({(account_id, each): presence for each, presence in news.items()})
            is_first = account_id not in self._news
            self._news.setdefault(account_id, {}).update(news)
        if is_first:
            self._queue.put(f"presence:{account_id}", lambda: self._write(account_id))

    def _write(self, account_id: int) -> None:
        with self._lock:
            news = self._news.pop(account_id, {})
        try:
            _write_presence(account_id, news)
        except BaseException:
            with self._lock:
                self._news[account_id] = {**news, **self._news.get(account_id, {})}
            raise


def _write_presence(account_id: int, news: Mapping[str, Presence]) -> None:
    with transaction(account_id) as session:
        lines = session.scalars(select(SipLine).where(SipLine.name.in_(news)))
        changed = [line for line in lines if line.presence != news[line.name] or line.presence_at is None]
        for line in changed:
            line.presence, line.presence_at = news[line.name], now()
        if changed:
            announce("phones-changed")
