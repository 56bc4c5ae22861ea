"""The process that sends: one thread claims and notes, `webhook_senders` threads talk to the receivers."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from flask import Flask
from sqlalchemy import Connection

from portal.kernel.bells import Bells
from portal.kernel.clock import monotonic, now
from portal.kernel.config import Settings
from portal.kernel.http import Door
from portal.kernel.secrets import Vault
from portal.kernel.steady import SteadyConnection
from portal.webhooks.offers import new_worker
from portal.webhooks.outbox import BELL
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.completion import complete_plain
from portal.webhooks.sending.crew import Crew, Landed
from portal.webhooks.sending.ear import Ear
from portal.webhooks.sending.finished import Finished
from portal.webhooks.sending.hand import Hand
from portal.webhooks.sending.lapses import Lapses
from portal.webhooks.sending.noter import DATABASE_AWAY, SEES_ALL, Noter, note_each
from portal.webhooks.sending.queue import Caps, claim, let_go, next_due, renew, soonest
from portal.webhooks.sending.reserve import Reserve
from portal.webhooks.sending.retention import Sweeper
from portal.webhooks.sending.schedule import LEASE, Verdict
from portal.webhooks.sending.taken import HOLDS_AFTER, TakenOffers
from portal.webhooks.sending.telling import Teller

log = structlog.get_logger(__name__)

SHORTEST_POLL, LONGEST_POLL = 1.0, 15.0
"""Seconds between looks when no bell rings: soon after work, rarely when idle. A bell may be lost, a row not."""
LONGEST_IDLENESS, LONGEST_GATHERING = 0.01, 0.03
"""Seconds for which what has landed waits at most, so that others are noted with it: with an idle sender, without."""
_GLANCE = 0.002
"""Seconds between two looks at what has landed meanwhile: to be woken by each would cost a turn at Python's lock."""


@dataclass(frozen=True, slots=True)
class _Due:
    """What was claimed, when there is more, and whether what was offered is held."""

    claimed: list[ClaimedDelivery]
    again_at: datetime | None
    is_held: bool


class Worker:
    """Sends what the outbox holds until told to stop. Any number of them may run, on any number of machines."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.extensions["portal.settings"]
        self._app = app
        self._is_sqlite = settings.is_embedded
        self._senders = settings.webhook_senders
        self._caps = Caps.of(settings.webhook_senders)
        self._name = new_worker()
        self._news: queue.SimpleQueue[Landed | None] = queue.SimpleQueue()
        self._hand = Hand(self._senders, self._caps)
        door: Door = app.extensions["portal.http"]
        vault: Vault = app.extensions["portal.vault"]
        self._crew = Crew(self._senders, self._hand, door=door, vault=vault, tell=self._news.put)
        self._ear = Ear(app, self._name, self._hand, lambda: self._news.put(None))
        bells: Bells = app.extensions["portal.bells"]
        self._lapses = Lapses(bells, self._name)
        self._noter = Noter(app, lambda: self._news.put(None))
        self._in_the_air = 0
        self._reserve = Reserve(self._senders)
        self._unnoted: list[Finished] = []
        self._offers = TakenOffers()
        self._teller = Teller()
        self._poll = SHORTEST_POLL
        self._round_took = 0.0

    def run(self, stop: threading.Event) -> None:
        """Works until `stop`; then claims nothing more, lets what is in the air land, and notes it."""
        over = threading.Event()
        bell = threading.Thread(target=self._ear.run, args=(stop, over), name="webhooks-bell")
        sweeper = threading.Thread(target=Sweeper(self._app).run, args=(stop,), name="webhooks-sweeper")
        self._noter.start()
        self._crew.start()
        for thread in (bell, sweeper):
            thread.start()
        try:
            with self._app.app_context():
                steady = SteadyConnection(everything=SEES_ALL, is_whole=False)
                while not stop.is_set():
                    self._wait(self._round(steady))
                self._give_back(steady)
                steady.close()
                self._land()
        finally:
            over.set()
            self._hand.dismiss()
        self._crew.join()
        for thread in (bell, sweeper):
            thread.join()

    def _wait(self, seconds: float) -> None:
        """Until something happens, or so long; takes in all that has happened by then.

        While most senders are busy it lets several of them land: a round for each would cost more than the sending.
        What was claimed ahead keeps them busy meanwhile; without it, that takes no longer than a round does. Where
        there is more in the database than was claimed, the next round begins before the hand is empty.
        """
        try:
            is_rung = self._hears_of_work(seconds)
            until = monotonic() + (
                LONGEST_GATHERING if self._in_the_air > self._senders else min(self._round_took, LONGEST_IDLENESS)
            )
            enough = self._senders // 2 + (min(self._reserve.size, self._senders) if self._reserve.has_more else 0)
            while not is_rung and self._in_the_air > enough and monotonic() < until:
                time.sleep(_GLANCE)
                is_rung = self._hears_now()
        except queue.Empty:
            return

    def _hears_of_work(self, seconds: float) -> bool:
        """Until something lands or rings: whether it rang. queue.Empty after so long, or when an offer must be held."""
        until, unnoted = monotonic() + seconds, len(self._unnoted)
        is_rung = False
        while not is_rung and len(self._unnoted) == unnoted:
            # Nobody is woken for an offer: whoever sends it would stand behind.
            pause = min(until, self._offers.holds_at, monotonic() + HOLDS_AFTER / 2) - monotonic()
            try:
                is_rung = self._hear_of(self._news.get(timeout=max(pause, 0.001))) | self._hears_now()
            except queue.Empty:
                self._hear_of_offers()
                if monotonic() >= min(until, self._offers.holds_at):
                    raise
        return is_rung

    def _hears_now(self) -> bool:
        """Takes in what has happened: whether any of it rang."""
        is_rung = False
        while not self._news.empty():
            is_rung |= self._hear_of(self._news.get_nowait())
        return is_rung

    def _hear_of_offers(self) -> None:
        for offered in self._ear.offered():
            self._in_the_air += len(offered.taken)
            self._offers.hear_of(offered)

    def _hear_of(self, news: Landed | None) -> bool:
        """Whether it was a bell, or something else that is answered at once."""
        self._poll = SHORTEST_POLL
        # They come before what has landed of them.
        self._hear_of_offers()
        if news is None:
            return True
        self._in_the_air -= 1
        self._reserve.landed()
        if news.finished is None:
            self._offers.forget(news.delivery)
            return True
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
        is_at_rest = not claimed and not self._hand.is_waited_in
        self._poll = min(self._poll * 2, LONGEST_POLL) if is_at_rest else SHORTEST_POLL
        return min(pause, self._poll)

    def _note_and_claim(self, steady: SteadyConnection) -> tuple[list[ClaimedDelivery], float]:
        """Under load the tries of many receivers share a commit: on SQLite with the claim, on PostgreSQL without."""
        self._leave_to_the_noter([each for each in self._unnoted if each.verdict is not Verdict.DELIVERED])
        free = self._senders + self._reserve.size - self._in_the_air
        landed = {each.delivery.id for each in self._unnoted}
        with steady.transaction() as connection:
            self._hold_on(connection)
            # Where there is more and a claim is kept at once, senders go on while what they did before is noted.
            is_first = steady.keeps_each and self._reserve.has_more and free > 0
            due = self._claim_due(steady, connection, free, landed, is_first=True) if is_first else None
            changing = complete_plain(connection, self._unnoted, is_sqlite=self._is_sqlite)
            noted = landed - {each.delivery.id for each in changing}
            due = due or self._claim_due(steady, connection, free, noted, is_first=False)
            changed = {each.delivery.account_id for each in self._unnoted}
            changed |= self._lapses.look(connection, is_idle=not due.claimed)
            self._teller.tell(steady, changed)
        if not steady.keeps_each:
            self._hand_out(due.claimed)
        pause = LONGEST_POLL if due.again_at is None else (due.again_at - now()).total_seconds()
        self._reserve.learn(has_more=len(due.claimed) >= free > 0)
        # One that had failed is back: it is judged anew, and what waited for that is due afterwards.
        self._unnoted = []
        self._offers.settled(noted, is_held=due.is_held)
        self._noter.note(changing)
        return due.claimed, min(pause, self._lapses.pause, self._teller.pause)

    def _claim_due(
        self, steady: SteadyConnection, connection: Connection, free: int, landed: Collection[int], *, is_first: bool
    ) -> _Due:
        """`landed` need no hold. Hands out what is kept at once; what comes first counts nothing that has landed."""
        self._offers.decline(connection)
        # Where there was more than was asked for, there is more: it need not be asked.
        due_at = now() if self._reserve.has_more else soonest(connection)
        is_due = due_at is not None and due_at <= now()
        is_claiming = is_due and free > 0 and self._ear.is_listening
        is_held = self._offers.settle(connection, landed, is_claiming=is_claiming)
        claimed = self._claim(connection, free, is_first=is_first) if is_claiming else []
        if steady.keeps_each:
            self._hand_out(claimed)
        # Who sends is back soon anyhow, and looks then. What is noted afterwards may let others go.
        if is_due and not is_first:
            due_at = None if claimed else next_due(connection, now())
        elif claimed:
            due_at = None
        return _Due(claimed, due_at, is_held)

    def _claim(self, connection: Connection, free: int, *, is_first: bool) -> list[ClaimedDelivery]:
        """So many at most. Of one account more may be claimed than may be with senders: the rest waits in the hand."""
        caps = replace(self._caps, per_account=self._caps.per_account + self._reserve.size)
        # The breaker's probe is in flight until it is noted: what comes of it says whether others follow.
        landed = [each.delivery.id for each in self._unnoted if not each.delivery.is_probe] if is_first else []
        return claim(connection, free, caps, now=now(), is_sqlite=self._is_sqlite, worker=self._name, landed=landed)

    def _hand_out(self, claimed: list[ClaimedDelivery]) -> None:
        self._in_the_air += len(claimed)
        self._hand.take_in(claimed)

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

    def _give_back(self, steady: SteadyConnection) -> None:
        """What nobody has begun to send is others' to send; a database that is away lets its lease run out."""
        unsent = self._hand.give_back()
        self._in_the_air -= len(unsent)
        try:
            with steady.transaction() as connection:
                let_go(connection, unsent)
                self._offers.hold_all(connection)
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
