"""The engine's process: takes the orders of its switch, reports phones, and lets nothing of a call get lost."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal.kernel.bells import Bells
from portal.kernel.clock import monotonic
from portal.kernel.config import Settings
from portal.kernel.locks import ProcessLock, take_lock
from portal.telephony.asterisk_engine import AsteriskEngine
from portal.telephony.engine import RecordSink, RoutePlanner
from portal.telephony.engine_desk import Desk, KnownCallers, PresenceBoard, QueuedJournal, QueuedSink
from portal.telephony.engines.timeline import RealTimeline
from portal.telephony.errors import SwitchInUse
from portal.telephony.haste import Haste
from portal.telephony.lines import LINES_TOPIC
from portal.telephony.models import OrderState
from portal.telephony.orders import new_orders, settle
from portal.telephony.provider_engine import ProviderEngine
from portal.telephony.sandbox_engine import SandboxEngine
from portal.telephony.switch_engine import SwitchEngine
from portal.telephony.switch_life import LeftCalls, SwitchJournal, begin_life, left_calls, sign_of_life
from portal.telephony.write_behind import WriteBehind

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
"""Backstop of the bells for orders, and how soon a stop is noticed."""
LIFE_SECONDS = 5.0
REFRESH_SECONDS = 30.0
_LAST_WRITES_SECONDS = 6.0
LONGEST_WAY_SECONDS = 0.5
"""What is written gives way to callers for so long and then goes on, or a busy hour would never be noted."""


def _nobody_known(_account_id: int) -> Sequence[str]:
    return ()


class EngineProcess:
    """Drives the switch that the settings name.

    The switch keeps its time on a thread of its own and never waits for the database: what it has to say is written
    behind it, orders are taken in the thread of `run`, records are made in a third.
    """

    def __init__(
        self,
        app: Flask,
        *,
        planner: RoutePlanner,
        journal: SwitchJournal,
        sink: RecordSink,
        traffic: bool = False,
        known_callers: KnownCallers = _nobody_known,
        timeline: RealTimeline | None = None,
    ) -> None:
        self._app = app
        self._settings: Settings = app.extensions["portal.settings"]
        self._planner = planner
        self._journal = journal
        self._sink = sink
        self._has_traffic = traffic
        self._known_callers = known_callers
        self._timeline = timeline or RealTimeline()

    def run(self, stop: threading.Event) -> None:
        """Drives the switch until `stop` is set.

        Raises `SwitchInUse` where another engine does so already, and `LockLost` where another could: this one then
        ends its calls and must be started anew.
        """
        settings = self._settings
        lock = take_lock(f"engine-{settings.switch}", settings.database_url, settings.data)
        if lock is None:
            raise SwitchInUse(settings.switch)
        try:
            with self._app.app_context():
                left = left_calls(settings.switch, self._journal)
                begin_life(settings.switch)
                self._drive(stop, lock, left)
        finally:
            lock.release()

    def _drive(self, stop: threading.Event, lock: ProcessLock, left: LeftCalls) -> None:
        haste = Haste()
        queue = WriteBehind("journal", self._app.app_context, lambda: haste.give_way(LONGEST_WAY_SECONDS))
        engine = self._engine(queue, haste)
        bells: Bells = self._app.extensions["portal.bells"]
        listener = bells.listen()
        queue.start()
        try:
            engine.start(left)
            rounds = _Rounds(self._settings.switch, engine)
            topics: set[str] = set()
            while not stop.is_set():
                lock.check()
                rounds.go(has_news=LINES_TOPIC in topics)
                topics = listener.wait(POLL_SECONDS)
        finally:
            listener.close()
            engine.stop()
            if unwritten := queue.stop(_LAST_WRITES_SECONDS):
                log.error("not_written_at_the_end", count=unwritten)

    def _engine(self, queue: WriteBehind, haste: Haste) -> SwitchEngine:
        desk = Desk(
            planner=self._planner,
            journal=QueuedJournal(self._journal, queue),
            sink=QueuedSink(self._sink, queue),
            board=PresenceBoard(queue),
            known_callers=self._known_callers,
            haste=haste,
        )
        if self._settings.engine == "provider":
            return ProviderEngine(self._app, self._journal, self._sink)
        if self._settings.engine == "asterisk":
            return AsteriskEngine(self._app, desk, self._timeline)
        tape = self._settings.data / "tape" / self._settings.switch
        return SandboxEngine(self._settings.switch, tape, desk, self._timeline, has_traffic=self._has_traffic)


class _Rounds:
    """What is done again and again; a database that does not answer is asked again in the next round."""

    def __init__(self, switch: str, engine: SwitchEngine) -> None:
        self._switch = switch
        self._engine = engine
        self._taken = OrderState.ASKING if engine.answers_itself else OrderState.TAKEN
        self._alive_at = self._refreshed_at = monotonic()

    def go(self, *, has_news: bool) -> None:
        """One round; `has_news` says that a line or the settings of a phone have changed."""
        try:
            if has_news or monotonic() - self._refreshed_at > REFRESH_SECONDS:
                self._engine.refresh()
                self._refreshed_at = monotonic()
            self._take_orders()
            if monotonic() - self._alive_at > LIFE_SECONDS:
                sign_of_life(self._switch)
                self._alive_at = monotonic()
        except OperationalError as error:
            log.warning("database_away", error=repr(error))

    def _take_orders(self) -> None:
        for order in new_orders(self._switch):
            if order.is_too_old:
                settle(order, OrderState.EXPIRED)
                continue
            refusal = self._engine.refusal(order)
            state = self._taken if refusal is None else OrderState.REFUSED
            if settle(order, state, refusal) and refusal is None:
                self._engine.carry_out(order)
