"""The process that sends: one thread claims and notes, `webhook_senders` threads talk to the receivers."""

from __future__ import annotations

import queue
import threading
from collections import deque
from dataclasses import dataclass, replace

import structlog
from flask import Flask
from sqlalchemy import Connection

from portal.kernel.bells import Bells, live_topic
from portal.kernel.clock import monotonic, now
from portal.kernel.config import Settings
from portal.kernel.http import Door
from portal.kernel.secrets import Vault
from portal.kernel.steady import SteadyConnection
from portal.webhooks.outbox import BELL
from portal.webhooks.sending import sender
from portal.webhooks.sending.completion import complete_plain
from portal.webhooks.sending.finished import Finished
from portal.webhooks.sending.hand import Hand
from portal.webhooks.sending.noter import DATABASE_AWAY, SEES_ALL, Noter, note_each
from portal.webhooks.sending.queue import (
    Caps,
    ClaimedDelivery,
    claim,
    expire,
    give_up,
    let_go,
    next_due,
    renew,
    take_back,
)
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
_MOMENT = 0.2
"""Seconds: what landed within the last ones is what will be sent within the next ones."""
_HEARS_STOP_WITHIN = 0.5


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
        self._hand = Hand(self._senders, self._caps.per_account)
        self._noter = Noter(app, lambda: self._news.put(None))
        self._in_the_air = 0
        self._landings: deque[float] = deque(maxlen=self._senders)
        self._ahead = 0
        self._has_more = False
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
        self._noter.start()
        for thread in (bell, sweeper, *senders):
            thread.start()
        try:
            with self._app.app_context():
                steady = SteadyConnection(everything=SEES_ALL)
                while not stop.is_set():
                    self._wait(self._round(steady))
                self._give_back(steady)
                steady.close()
                self._land()
        finally:
            self._hand.dismiss()
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
        What was claimed ahead keeps them busy meanwhile; without it, that takes no longer than a round does. Where
        there is more in the database than was claimed, the next round begins before the hand is empty.
        """
        try:
            is_rung = self._hear_of(self._news.get(timeout=max(seconds, 0.001)))
            while not self._news.empty():
                is_rung |= self._hear_of(self._news.get_nowait())
            is_all_busy = self._in_the_air > self._senders
            until = monotonic() + (LONGEST_GATHERING if is_all_busy else min(self._round_took, LONGEST_IDLENESS))
            enough = self._senders // 2 + (min(self._ahead, self._senders) if self._has_more else 0)
            while not is_rung and self._in_the_air > enough:
                is_rung = self._hear_of(self._news.get(timeout=max(0.0, until - monotonic())))
        except queue.Empty:
            return

    def _hear_of(self, news: _Landed | None) -> bool:
        """Whether it was a bell, which is answered at once."""
        self._poll = SHORTEST_POLL
        if news is None:
            return True
        self._in_the_air -= 1
        self._landings.append(monotonic())
        if news.finished is not None:
            self._unnoted.append(news.finished)
        return False

    def _round(self, steady: SteadyConnection) -> float:
        """Notes what came of the last tries, claims what is due, hands it out; answers how many seconds to wait."""
        began = monotonic()
        try:
            claimed, pause = self._note_and_claim(steady)
        except DATABASE_AWAY as error:
            log.warning("webhook_database_away", error=type(error).__name__, unnoted=len(self._unnoted))
            return SHORTEST_POLL
        except Exception:
            log.exception("webhook_round_failed", unnoted=len(self._unnoted))
            self._unnoted = note_each(self._unnoted)
            return SHORTEST_POLL
        self._round_took = monotonic() - began
        self._in_the_air += len(claimed)
        self._hand.take_in(claimed)
        is_at_rest = not claimed and not self._hand.is_waited_in
        self._poll = min(self._poll * 2, LONGEST_POLL) if is_at_rest else SHORTEST_POLL
        return min(pause, self._poll)

    def _note_and_claim(self, steady: SteadyConnection) -> tuple[list[ClaimedDelivery], float]:
        """One transaction for both: under load the tries of many receivers share a commit."""
        self._leave_to_the_noter([each for each in self._unnoted if each.verdict is not Verdict.DELIVERED])
        free = self._senders + self._ahead - self._in_the_air
        with steady.transaction() as connection:
            changing = complete_plain(connection, self._unnoted, is_sqlite=self._is_sqlite)
            changed = {each.delivery.account_id for each in self._unnoted}
            self._hold_on(connection)
            claimed = self._claim(connection, free) if free > 0 else []
            changed |= self._lapsed(connection, is_idle=not claimed)
            # Who sends is back soon anyhow, and looks then.
            due_at = None if claimed else next_due(connection, now())
            self._tell(steady, changed)
        pause = LONGEST_POLL if due_at is None else (due_at - now()).total_seconds()
        if self._changed:
            pause = min(pause, self._tells_at - monotonic())
        self._look_ahead(has_more=len(claimed) >= free > 0)
        # One that had failed is back: it is judged anew, and what waited for that is due afterwards.
        self._unnoted = []
        self._noter.note(changing)
        return claimed, pause

    def _claim(self, connection: Connection, free: int) -> list[ClaimedDelivery]:
        """So many at most. Of one account more may be claimed than may be with senders: the rest waits in the hand."""
        caps = replace(self._caps, per_account=self._caps.per_account + self._ahead)
        return claim(connection, free, caps, now=now(), is_sqlite=self._is_sqlite)

    def _look_ahead(self, *, has_more: bool) -> None:
        """As many as landed within a moment are sent within one: nobody waits long for them.

        Where there was more than was asked for senders may have stood idle meanwhile: then more, from round to round.
        """
        lately = monotonic() - _MOMENT
        soon = sum(1 for landed_at in self._landings if landed_at > lately)
        self._ahead = min(max(2 * self._ahead, soon), MOST_AHEAD * self._senders) if has_more else soon
        self._has_more = has_more

    def _hold_on(self, connection: Connection) -> None:
        """What waits long in the hand, behind slow receivers, stays ours."""
        asked = self._hand.to_renew(now())
        if asked:
            lease_until = now() + LEASE
            held = renew(connection, asked, lease_until)
            self._in_the_air -= self._hand.renewed(asked, held, lease_until)

    def _leave_to_the_noter(self, tries: list[Finished]) -> None:
        if tries:
            self._noter.note(tries)
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
        while (delivery := self._hand.first()) is not None:
            following: ClaimedDelivery | None = delivery
            while following is not None:
                finished = self._sent(following)
                following = self._hand.next_after(following)
                self._news.put(_Landed(finished))

    def _sent(self, delivery: ClaimedDelivery) -> Finished | None:
        try:
            return sender.send(self._door, self._vault, delivery)
        except Exception:
            log.exception("webhook_sender_failed", delivery=delivery.id)
            return None

    def _give_back(self, steady: SteadyConnection) -> None:
        """What nobody has begun to send is others' to send; a database that is away lets its lease run out."""
        unsent = self._hand.give_back()
        self._in_the_air -= len(unsent)
        try:
            with steady.transaction() as connection:
                let_go(connection, unsent)
                steady.ring(BELL)
        except DATABASE_AWAY as error:
            log.warning("webhook_database_away", error=type(error).__name__, unnoted=len(self._unnoted))

    def _land(self) -> None:
        """After this nothing is in the air; a database that stays away costs repeats, not deliveries."""
        give_up_at = monotonic() + LEASE.total_seconds()
        self._unnoted = note_each(self._unnoted) if self._unnoted else []
        while (self._in_the_air or self._unnoted) and monotonic() < give_up_at:
            self._wait(SHORTEST_POLL)
            self._unnoted = note_each(self._unnoted) if self._unnoted else []
        unnoted = len(self._unnoted) + self._noter.close(max(0.0, give_up_at - monotonic()))
        log.info("webhook_worker_stopped", in_the_air=self._in_the_air, unnoted=unnoted)
