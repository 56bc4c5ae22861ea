"""The process that sends: one thread claims and notes, `webhook_senders` threads talk to the receivers."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

import structlog
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.kernel.bells import Bells, live_topic
from portal.kernel.clock import monotonic, now
from portal.kernel.config import Settings
from portal.kernel.db import transaction
from portal.kernel.http import Door
from portal.kernel.secrets import Vault
from portal.kernel.steady import SteadyConnection
from portal.webhooks.outbox import BELL
from portal.webhooks.sending import sender
from portal.webhooks.sending.completion import complete, complete_plain
from portal.webhooks.sending.finished import Finished
from portal.webhooks.sending.queue import Caps, ClaimedDelivery, claim, expire, give_up, next_due, take_back
from portal.webhooks.sending.retention import Sweeper
from portal.webhooks.sending.schedule import LEASE, Verdict

log = structlog.get_logger(__name__)

SHORTEST_POLL, LONGEST_POLL = 1.0, 15.0
"""Seconds between looks when no bell rings: soon after work, rarely when idle. A bell may be lost, a row not."""
LATEST_LAPSE = 2.0
"""Seconds for which what is to be sent at once goes before the giving up of what is too late."""
MOST_AHEAD = 3
"""For each sender so many deliveries may be claimed beyond the one it sends: a round for few is a dear one."""
LONGEST_IDLENESS, LONGEST_GATHERING = 0.01, 0.03
"""Seconds for which what has landed waits at most, so that others are noted with it: with an idle sender, without."""
_TELLS_EVERY = 0.25
"""Seconds between two words to an account's open pages: they need not fetch anew with each of many notices."""
_HEARS_STOP_WITHIN = 0.5
_SEES_ALL = "webhook dispatch"
# Locked, full, restarting, half migrated: no fault of what was to be written, which is kept for the next time.
_DATABASE_AWAY = (OperationalError, InterfaceError, InternalError, ProgrammingError, PoolTimeout)


@dataclass(frozen=True, slots=True)
class _Landed:
    """A sender is free again; without `finished` there is nothing to note, and the lease runs out by itself."""

    finished: Finished | None


class Worker:
    """Sends what the outbox holds until told to stop. Any number of them may run, on any number of machines."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.extensions["portal.settings"]
        self._app = app
        self._bells: Bells = app.extensions["portal.bells"]
        self._door: Door = app.extensions["portal.http"]
        self._vault: Vault = app.extensions["portal.vault"]
        self._is_sqlite = settings.is_embedded
        self._senders = settings.webhook_senders
        self._caps = Caps.of(settings.webhook_senders)
        self._news: queue.SimpleQueue[_Landed | None] = queue.SimpleQueue()
        self._claimed: queue.SimpleQueue[ClaimedDelivery | None] = queue.SimpleQueue()
        self._in_the_air = 0
        self._landed = 0
        self._ahead = 0
        self._unnoted: list[Finished] = []
        self._changed: set[int] = set()
        self._tells_at = 0.0
        self._poll = SHORTEST_POLL
        self._lapses_at = 0.0
        self._round_took = 0.0

    def run(self, stop: threading.Event) -> None:
        """Works until `stop`; then claims nothing more, lets what is in the air land, and notes it."""
        bell = threading.Thread(target=self._listen, args=(stop,), name="webhooks-bell")
        sweeper = threading.Thread(target=Sweeper(self._app).run, args=(stop,), name="webhooks-sweeper")
        senders = [threading.Thread(target=self._sends, name=f"webhook-{n}") for n in range(self._senders)]
        for thread in (bell, sweeper, *senders):
            thread.start()
        try:
            with self._app.app_context():
                steady = SteadyConnection(everything=_SEES_ALL)
                while not stop.is_set():
                    self._wait(self._round(steady))
                steady.close()
                self._land()
        finally:
            for _ in senders:
                self._claimed.put(None)
        for thread in (bell, sweeper, *senders):
            thread.join()

    def _listen(self, stop: threading.Event) -> None:
        """Turns bells, and the wish to stop, into news; without bells the polls go on."""
        while not stop.is_set():
            try:
                self._hear(stop)
            except Exception:
                log.exception("webhook_bell_failed")
                stop.wait(SHORTEST_POLL)
        self._news.put(None)

    def _hear(self, stop: threading.Event) -> None:
        listener = self._bells.listen()
        try:
            while not stop.is_set():
                if BELL in listener.wait(_HEARS_STOP_WITHIN):
                    self._news.put(None)
        finally:
            listener.close()

    def _wait(self, seconds: float) -> None:
        """Until something happens, or so long; takes in all that has happened by then.

        While most senders are busy it lets several of them land: a round for each would cost more than the sending.
        What was claimed ahead keeps them busy meanwhile; without it, that takes no longer than a round does.
        """
        try:
            is_rung = self._hear_of(self._news.get(timeout=max(seconds, 0.001)))
            while not self._news.empty():
                is_rung |= self._hear_of(self._news.get_nowait())
            is_all_busy = self._in_the_air > self._senders
            until = monotonic() + (LONGEST_GATHERING if is_all_busy else min(self._round_took, LONGEST_IDLENESS))
            while not is_rung and self._in_the_air > self._senders // 2 + min(self._ahead, self._senders):
                is_rung = self._hear_of(self._news.get(timeout=max(0.0, until - monotonic())))
        except queue.Empty:
            return

    def _hear_of(self, news: _Landed | None) -> bool:
        """Whether it was a bell, which is answered at once."""
        self._poll = SHORTEST_POLL
        if news is None:
            return True
        self._in_the_air -= 1
        self._landed += 1
        if news.finished is not None:
            self._unnoted.append(news.finished)
        return False

    def _round(self, steady: SteadyConnection) -> float:
        """Notes what came of the last tries, claims what is due, hands it out; answers how many seconds to wait."""
        began = monotonic()
        try:
            claimed, pause = self._note_and_claim(steady)
        except _DATABASE_AWAY as error:
            log.warning("webhook_database_away", error=type(error).__name__, unnoted=len(self._unnoted))
            return SHORTEST_POLL
        except Exception:
            log.exception("webhook_round_failed", unnoted=len(self._unnoted))
            self._note_one_by_one()
            return SHORTEST_POLL
        self._round_took = monotonic() - began
        for delivery in claimed:
            self._in_the_air += 1
            self._claimed.put(delivery)
        self._poll = SHORTEST_POLL if claimed else min(self._poll * 2, LONGEST_POLL)
        return min(pause, self._poll)

    def _note_and_claim(self, steady: SteadyConnection) -> tuple[list[ClaimedDelivery], float]:
        """One transaction for both: under load the tries of many receivers share a commit."""
        self._note([each for each in self._unnoted if each.verdict is not Verdict.DELIVERED])
        free = self._senders + self._ahead - self._in_the_air
        with steady.transaction() as connection:
            changing = complete_plain(connection, self._unnoted, is_sqlite=self._is_sqlite)
            changed = {each.delivery.account_id for each in self._unnoted}
            claimed = claim(connection, free, self._caps, now=now(), is_sqlite=self._is_sqlite) if free > 0 else []
            changed |= self._lapsed(connection, is_idle=not claimed)
            # Who sends is back soon anyhow, and looks then.
            due_at = None if claimed else next_due(connection, now())
            self._tell(steady, changed)
        pause = LONGEST_POLL if due_at is None else (due_at - now()).total_seconds()
        if self._changed:
            pause = min(pause, self._tells_at - monotonic())
        self._look_ahead(has_more=len(claimed) >= free > 0)
        self._unnoted = changing
        if changing:
            # One that had failed is back: what waited for that is due.
            self._note(changing)
            pause = 0.0
        return claimed, pause

    def _look_ahead(self, *, has_more: bool) -> None:
        """As many as landed since the last round are sent in about the time of one: nobody waits long for them.

        Where there was more than was asked for senders may have stood idle meanwhile: then more, from round to round.
        """
        most = MOST_AHEAD if has_more else 1
        self._ahead = min(max(2 * self._ahead, self._landed) if has_more else self._landed, most * self._senders)
        self._landed = 0

    def _note(self, tries: list[Finished]) -> None:
        """Those that change their webhook, too."""
        if tries:
            with transaction(everything=_SEES_ALL) as session:
                complete(session, tries)
            self._unnoted = [each for each in self._unnoted if each not in tries]

    def _lapsed(self, connection: Connection, *, is_idle: bool) -> set[int]:
        """Leases and deliveries whose time is over: soon where nothing waits for this round, later where it does."""
        if monotonic() < self._lapses_at + (0 if is_idle else LATEST_LAPSE):
            return set()
        self._lapses_at = monotonic() + SHORTEST_POLL
        return take_back(connection, now()) | expire(connection, now()) | give_up(connection, now())

    def _tell(self, steady: SteadyConnection, changed: set[int]) -> None:
        """Open pages fetch anew: at once, but not all the time."""
        self._changed |= changed
        if self._changed and monotonic() >= self._tells_at:
            steady.ring(*(live_topic(account_id, "webhooks-changed") for account_id in self._changed))
            self._changed.clear()
            self._tells_at = monotonic() + _TELLS_EVERY

    def _sends(self) -> None:
        """A sender's thread: one claimed delivery after the other, until there is an end of them."""
        while (delivery := self._claimed.get()) is not None:
            self._send(delivery)

    def _send(self, delivery: ClaimedDelivery) -> None:
        finished = None
        try:
            finished = sender.send(self._door, self._vault, delivery)
        except Exception:
            log.exception("webhook_sender_failed", delivery=delivery.id)
        self._news.put(_Landed(finished))

    def _note_one_by_one(self) -> None:
        """Something cannot be written: the others shall not suffer for it. It is due again when its lease ends."""
        together, self._unnoted = self._unnoted, []
        for finished in together:
            try:
                with transaction(everything=_SEES_ALL) as session:
                    complete(session, [finished])
            except _DATABASE_AWAY:
                self._unnoted.append(finished)
            except Exception:
                log.exception("webhook_attempt_cannot_be_noted", delivery=finished.delivery.id)

    def _land(self) -> None:
        """After this nothing is in the air; a database that stays away costs repeats, not deliveries."""
        give_up_at = monotonic() + LEASE.total_seconds()
        self._note_one_by_one()
        while (self._in_the_air or self._unnoted) and monotonic() < give_up_at:
            self._wait(SHORTEST_POLL)
            self._note_one_by_one()
        log.info("webhook_worker_stopped", in_the_air=self._in_the_air, unnoted=len(self._unnoted))
