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
from portal.telephony.engine_desk import Desk, KnownCallers
from portal.telephony.engines.timeline import RealTimeline
from portal.telephony.errors import SwitchInUse
from portal.telephony.lines import LINES_TOPIC
from portal.telephony.models import OrderState
from portal.telephony.orders import SWITCH_TOPIC, new_orders, settle
from portal.telephony.provider_engine import ProviderEngine
from portal.telephony.sandbox_engine import SandboxEngine
from portal.telephony.scribe.local import LocalScribe
from portal.telephony.scribe.protocol import Backlog, Scribe
from portal.telephony.switch_engine import SwitchEngine
from portal.telephony.switch_life import LeftCalls, SwitchJournal, begin_life, left_calls, sign_of_life

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
"""Backstop of the bells for orders, and how soon a stop is noticed."""
LIFE_SECONDS = 5.0
REFRESH_SECONDS = 30.0
_LAST_WRITES_SECONDS = 20.0


def _nobody_known(_account_id: int) -> Sequence[str]:
    return ()


class EngineProcess:
    """Drives the switch that the settings name.

    The switch keeps its time on a thread of its own and never waits for the database: what it has to say is written
    by a scribe, orders are taken in the thread of `run`, records are made in a third. Without a `scribe` that was made
    before, one writes in this process by `journal` and `sink`.
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
        scribe: Scribe | None = None,
    ) -> None:
        self._app = app
        self._scribe = scribe or LocalScribe(app, journal, sink)
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
                self._scribe.begin()
                left = left_calls(settings.switch, self._journal)
                begin_life(settings.switch)
                self._drive(stop, lock, left)
        finally:
            lock.release()

    def _drive(self, stop: threading.Event, lock: ProcessLock, left: LeftCalls) -> None:
        engine = self._engine()
        bells: Bells = self._app.extensions["portal.bells"]
        listener = bells.listen()
        try:
            engine.start(left)
            rounds = _Rounds(self._settings.switch, engine, lock)
            topics: set[str] = set()
            while not stop.is_set():
                self._scribe.check()
                rounds.go(topics, self._scribe.backlog())
                topics = listener.wait(POLL_SECONDS)
        finally:
            listener.close()
            engine.stop()
            if unwritten := self._scribe.stop(_LAST_WRITES_SECONDS):
                log.error("not_written_at_the_end", count=unwritten)

    def _engine(self) -> SwitchEngine:
        desk = Desk(self._planner, self._scribe, self._known_callers)
        if self._settings.engine == "provider":
            return ProviderEngine(self._app, self._journal, self._sink)
        if self._settings.engine == "asterisk":
            return AsteriskEngine(self._app, desk, self._timeline)
        tape = self._settings.data / "tape" / self._settings.switch
        return SandboxEngine(self._settings.switch, tape, desk, self._timeline, has_traffic=self._has_traffic)


class _Rounds:
    """What is done again and again; a database that does not answer is asked again in the next round."""

    def __init__(self, switch: str, engine: SwitchEngine, lock: ProcessLock) -> None:
        self._lock = lock
        self._switch = switch
        self._engine = engine
        self._taken = OrderState.ASKING if engine.answers_itself else OrderState.TAKEN
        self._alive_at = self._refreshed_at = self._asked_at = monotonic()

    def go(self, topics: set[str], backlog: Backlog) -> None:
        """One round, after these bells: every call rings some, and only a few are for us."""
        try:
            if LINES_TOPIC in topics or monotonic() - self._refreshed_at > REFRESH_SECONDS:
                self._engine.refresh()
                self._refreshed_at = monotonic()
            if SWITCH_TOPIC in topics or monotonic() - self._asked_at >= POLL_SECONDS:
                self._asked_at = monotonic()
                self._lock.check()
                self._take_orders()
            if monotonic() - self._alive_at > LIFE_SECONDS:
                sign_of_life(self._switch, backlog)
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
