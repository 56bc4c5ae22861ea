"""How phones are, brought into their rows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TypeAlias

from sqlalchemy import select, update

from portal.kernel.among import among
from portal.kernel.bells import live_topic
from portal.kernel.clock import now
from portal.kernel.db import ring, transaction
from portal.telephony.engine import Presence
from portal.telephony.models import SipLine
from portal.telephony.scribe.write_behind import WriteBehind

_LINES = (
    select(SipLine.id, SipLine.account_id, SipLine.name, SipLine.presence, SipLine.presence_at)
    .where(among(SipLine.account_id, "accounts"), among(SipLine.name, "names"))
    .order_by(SipLine.id)
)
_Phone: TypeAlias = tuple[int, str]
"""Account and address."""


class PresenceBoard:
    """Brings the phones' presence into their rows, all in one transaction; only the latest of each phone matters."""

    def __init__(self, queue: WriteBehind) -> None:
        self._queue = queue
        self._lock = threading.Lock()
        self._told: dict[_Phone, Presence] = {}
        self._news: dict[_Phone, Presence] = {}

    def changed(self, account_id: int, address: str, presence: Presence) -> None:
        """One phone's presence has changed. Never waits."""
        self.report(account_id, {address: presence})

    def report(self, account_id: int, presences: Mapping[str, Presence]) -> None:
        """The presence of several phones of an account; what was told before is passed over."""
        seen = {(account_id, address): presence for address, presence in presences.items()}
        with self._lock:
            news = {phone: presence for phone, presence in seen.items() if self._told.get(phone) is not presence}
            if not news:
                return
            is_first = not self._news
            self._told.update(news)
            self._news.update(news)
        if is_first:
            self._queue.put("presence", self._write)

    def _write(self) -> None:
        with self._lock:
            news, self._news = self._news, {}
        if not news:
            # What was told while a write failed came along with what that gave back.
            return
        try:
            _write_presence(news)
        except BaseException:
            with self._lock:
                self._news = {**news, **self._news}
            raise


def _write_presence(news: Mapping[_Phone, Presence]) -> None:
    with transaction(everything="presence of phones") as session:
        accounts, names = (list(set(each)) for each in zip(*news, strict=True))
        seen = session.execute(_LINES, {"accounts": accounts, "names": names}).all()
        told = [(line, news.get((line.account_id, line.name))) for line in seen]
        changed = [(line, state) for line, state in told if state and (line.presence != state or not line.presence_at)]
        if changed:
            moment = now()
            rows = [{"id": line.id, "presence": state, "presence_at": moment} for line, state in changed]
            session.execute(update(SipLine), rows)
            ring(*{live_topic(line.account_id, "phones-changed") for line, _state in changed})
