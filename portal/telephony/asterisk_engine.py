"""An Asterisk with everything around it: its lines from their rows, its feed, and what is settled after each gap."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout

import structlog
from flask import Flask

from portal.kernel.config import Settings, SettingsError
from portal.telephony.asterisk_lines import LinesOfSwitch
from portal.telephony.asterisk_reception import Desk as ReceptionDesk
from portal.telephony.engine import OutgoingCall
from portal.telephony.engine_desk import Desk
from portal.telephony.engines.asterisk.ari import Ari, AriAway, AriRefused, door_to_switch
from portal.telephony.engines.asterisk.driver import Equipment
from portal.telephony.engines.asterisk.feed import Feed
from portal.telephony.engines.asterisk.lanes import Lanes
from portal.telephony.engines.asterisk.names import Names
from portal.telephony.engines.asterisk.presence import PhoneBoard
from portal.telephony.engines.asterisk.records import RecordKeeper
from portal.telephony.engines.asterisk.settle import Settlement
from portal.telephony.engines.asterisk.subscriptions import Subscriptions
from portal.telephony.engines.asterisk.switch import AsteriskSwitch
from portal.telephony.engines.asterisk.world import World, look_around
from portal.telephony.engines.timeline import RealTimeline
from portal.telephony.models import OrderKind, OrderRefusal
from portal.telephony.orders import Order
from portal.telephony.switch_life import LeftCalls, close_left_call

log = structlog.get_logger(__name__)

_RECORD_PATIENCE_SECONDS = 2.0
"""What has not been fetched by then stays in Asterisk; the next life fetches it."""


class AsteriskEngine:
    """Drives an Asterisk, whose calls outlive this process: see `SwitchEngine`."""

    answers_itself = False

    def __init__(self, app: Flask, desk: Desk, timeline: RealTimeline) -> None:
        settings: Settings = app.extensions["portal.settings"]
        if not settings.asterisk.is_complete:
            raise SettingsError("PORTAL_ENGINE=asterisk needs PORTAL_ASTERISK_URL and PORTAL_ASTERISK_PASSWORD.")
        self._desk = desk
        self._timeline = timeline
        self._door = door_to_switch()
        self._ari = Ari(settings.asterisk, self._door)
        self._lines = LinesOfSwitch(settings.switch)
        self._aside = self._ari.aside(timeline)
        self._lanes = Lanes(self._aside, timeline)
        self._settling = ThreadPoolExecutor(1, "settling")
        self._recorder = ThreadPoolExecutor(2, "recorder")
        phones = PhoneBoard(self._lines, desk.scribe.board.changed)
        self._reception = ReceptionDesk(app, settings.switch, self._lines, phones, desk.planner, timeline.now)
        tape = settings.data / "tape" / settings.switch
        equipment = Equipment(
            timeline=timeline,
            app=settings.asterisk.app,
            lanes=self._lanes,
            lines=self._lines,
            names=Names.of_a_new_life(),
            journal=desk.scribe.journal,
            records=RecordKeeper(self._ari, tape, desk.scribe.sink, self._recorder.submit),
            trunk=settings.asterisk.trunk,
        )
        self._switch = AsteriskSwitch(settings.switch, equipment, self._reception, phones)
        self._subscriptions = Subscriptions(self._ari, self._lines)
        self._feed = Feed(
            settings.asterisk,
            self._ari,
            timeline,
            opened=lambda: timeline.post(self._begin_settling),
            heard=self._switch.hear,
            lost=lambda: timeline.post(self._switch.lose),
        )
        self._left: LeftCalls | None = None
        self._asterisk_began: object = None

    def start(self, left: LeftCalls) -> None:
        """Begins to connect. What an earlier life left open is settled as soon as Asterisk answers."""
        self._left = left
        self._lines.load()
        self._desk.planner.prepare(self._lines.accounts_called())
        self._timeline.start()
        self._feed.start()

    def stop(self) -> None:
        """Lets go of the switch; the calls that are up stay up, and the next life takes them over."""
        self._feed.stop()
        self._lanes.stop()
        self._timeline.stop()
        self._reception.stop()
        self._settling.shutdown(cancel_futures=True)
        self._aside.close()
        with contextlib.suppress(FutureTimeout):
            self._recorder.submit(lambda: None).result(_RECORD_PATIENCE_SECONDS)
        self._desk.scribe.sink.close()
        self._recorder.shutdown(wait=False, cancel_futures=True)
        self._door.close()

    def refresh(self) -> None:
        """Reads the lines anew; phones that are new to us are watched from now on."""
        self._lines.load()
        if self._switch.is_up:
            self._settling.submit(self._look_again)

    def refusal(self, order: Order) -> OrderRefusal | None:
        """A test call from outside is nothing that a real switch can make."""
        if order.kind is OrderKind.INCOMING:
            return OrderRefusal.NOT_POSSIBLE
        if not self._switch.is_up:
            return OrderRefusal.AWAY
        if order.kind is OrderKind.HANG_UP and not self._is_live(order):
            return OrderRefusal.NO_SUCH_CALL
        return None

    def carry_out(self, order: Order) -> None:
        """Does what is ordered."""
        if order.kind is OrderKind.HANG_UP:
            self._timeline.post(lambda: self._switch.hang_up(order.api_call_id))
            return
        did = next(iter(self._lines.dids(order.account_id)), None)
        call = OutgoingCall(
            account_id=order.account_id,
            api_call_id=order.api_call_id,
            caller=order.arguments["caller"],
            callee=order.arguments["callee"],
            ordered_at=self._timeline.now(),
            did=did,
        )
        self._timeline.post(lambda: self._switch.originate(call))

    def _is_live(self, order: Order) -> bool:
        return any(
            (call.account_id, call.api_call_id) == (order.account_id, order.api_call_id)
            for call in self._switch.live_calls()
        )

    def _begin_settling(self) -> None:
        self._switch.begin_settling()
        self._settling.submit(self._ask)

    def _ask(self) -> None:
        """In a thread that may wait: everything that a new connection begins with."""
        try:
            self._subscriptions.renew()
            world = look_around(self._ari)
        except (AriRefused, AriAway, KeyError, ValueError) as error:
            log.warning("asterisk_not_settled", reason=str(error))
            self._feed.hang_up()
            return
        self._timeline.post(lambda: self._settle(world))

    def _settle(self, world: World) -> None:
        settlement = Settlement(self._switch, world, self._reception.call_id_of)
        is_another = self._asterisk_began not in (None, world.started_at)
        self._asterisk_began = world.started_at
        # Before any call is routed by it.
        self._switch.phones.renew(world.presence)
        settlement.compare(is_another=is_another)
        if self._left is not None:
            left, self._left = self._left, None
            settlement.take_over(
                left.calls, left.seen_at, lambda call: close_left_call(call, left.seen_at, self._desk.scribe.journal)
            )
        settlement.receive_arrivals()
        settlement.sweep()
        self._switch.end_settling()
        log.info("asterisk_settled", channels=len(world.channels), calls=len(self._switch.calls))

    def _look_again(self) -> None:
        try:
            self._subscriptions.extend()
            world = look_around(self._ari)
        except (AriRefused, AriAway) as error:
            log.warning("phones_not_looked_at", reason=str(error))
            return
        self._timeline.post(lambda: self._switch.phones.renew(world.presence))
