"""The sandbox switch with everything around it: phones from their rows, records, and calls that come by themselves."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from random import SystemRandom

from portal.telephony.engine import PLANS_AT_ONCE, Presence
from portal.telephony.engine_desk import Desk
from portal.telephony.engines.sandbox.switch import SandboxSwitch
from portal.telephony.engines.sandbox.tape import Tape
from portal.telephony.engines.sandbox.traffic import Traffic, TrafficLine
from portal.telephony.engines.timeline import RealTimeline
from portal.telephony.models import OrderKind, OrderRefusal
from portal.telephony.orders import Order, new_call_id
from portal.telephony.sandbox_lines import SandboxDirectory
from portal.telephony.switch_life import LeftCalls, close_left_call

KNOWN_CALLER_SHARE = 0.7
_RECORD_PATIENCE_SECONDS = 2.0


class SandboxEngine:
    """Carries out orders on a sandbox switch of its own, whose calls end with it: see `SwitchEngine`."""

    answers_itself = False

    def __init__(self, switch: str, tape: Path, desk: Desk, timeline: RealTimeline, *, has_traffic: bool) -> None:
        self._desk = desk
        self._tape_folder = tape
        self._timeline = timeline
        self._has_traffic = has_traffic
        self._chance = SystemRandom()
        self._directory = SandboxDirectory(switch)
        self._recorder = ThreadPoolExecutor(1, "recorder")
        self._planners = ThreadPoolExecutor(PLANS_AT_ONCE, "planner")
        self._switch = SandboxSwitch(
            switch,
            timeline,
            self._directory,
            desk.planner,
            desk.scribe.journal,
            Tape(tape, desk.scribe.sink, self._recorder.submit),
            desk.scribe.board.changed,
            self._chance,
            ask=self._planners.submit,
        )
        self._traffic_lines: tuple[TrafficLine, ...] = ()
        self._traffic: Traffic | None = None

    def start(self, left: LeftCalls) -> None:
        """The switch is there from now on; the calls of an earlier one went with it."""
        for call in left.calls:
            close_left_call(call, left.seen_at, self._desk.scribe.journal)
        for unfinished in self._tape_folder.glob("*.wav"):
            # Of a process that died while it rendered: its call was closed without a record.
            unfinished.unlink()
        self._timeline.start()
        self.refresh()

    def stop(self) -> None:
        """Ends the calls that are up as interrupted; records that are being closed are waited for a little."""
        self._stop_traffic()
        with contextlib.suppress(FutureTimeout):
            self._recorder.submit(lambda: None).result(_RECORD_PATIENCE_SECONDS)
        self._switch.shut_down()
        self._timeline.stop()
        self._desk.scribe.sink.close()
        for threads in (self._recorder, self._planners):
            threads.shutdown(wait=False, cancel_futures=True)

    def refresh(self) -> None:
        """Reads lines and phones anew, and tells how the phones are."""
        self._directory.load()
        for account_id in self._directory.accounts():
            self._desk.scribe.board.report(account_id, self._switch.presence(account_id))
        if self._has_traffic:
            self._renew_traffic()

    def refusal(self, order: Order) -> OrderRefusal | None:
        """Why this order cannot be carried out, or None where it can."""
        if order.kind is OrderKind.HANG_UP and not self._is_live(order):
            return OrderRefusal.NO_SUCH_CALL
        if order.kind is OrderKind.ORIGINATE and self._is_offline(order.account_id, order.arguments["caller"]):
            return OrderRefusal.PHONE_OFFLINE
        return None

    def carry_out(self, order: Order) -> None:
        """Does what is ordered; comes back before it has happened."""
        account_id, call_id = order.account_id, order.api_call_id
        match order.kind:
            case OrderKind.INCOMING:
                caller = order.arguments["caller"] or self._somebody(account_id)
                self._switch.place_incoming(account_id, call_id, caller, order.arguments["did"])
            case OrderKind.ORIGINATE:
                did = next(iter(self._directory.dids(account_id)), None)
                self._switch.originate(
                    account_id, call_id, order.arguments["caller"], order.arguments["callee"], did=did
                )
            case OrderKind.HANG_UP:
                self._switch.hang_up(call_id)

    def _is_offline(self, account_id: int, address: str) -> bool:
        return self._switch.presence(account_id).get(address) is Presence.OFFLINE

    def _is_live(self, order: Order) -> bool:
        return any(
            (call.account_id, call.api_call_id) == (order.account_id, order.api_call_id)
            for call in self._switch.live_calls()
        )

    def _somebody(self, account_id: int) -> str:
        """A contact of the account, or a mobile number that could be anybody's."""
        known = self._desk.known_callers(account_id)
        if known and self._chance.random() < KNOWN_CALLER_SHARE:
            return self._chance.choice(known)
        return f"7999{self._chance.randrange(10**7):07d}"

    def _renew_traffic(self) -> None:
        lines = tuple(
            TrafficLine(account_id, did, tuple(self._desk.known_callers(account_id)))
            for account_id in self._directory.accounts()
            for did in self._directory.dids(account_id)
        )
        if lines == self._traffic_lines:
            return
        self._stop_traffic()
        self._traffic_lines = lines
        self._traffic = Traffic(self._switch, self._timeline, lines, new_call_id, self._chance)
        self._traffic.start()

    def _stop_traffic(self) -> None:
        if self._traffic is not None:
            self._traffic.stop()
