"""The sandbox switch: takes calls in, places calls, and keeps those that are up."""

import logging
import re
from random import Random

from portal.telephony.control.events import Arrived, Event, HangUpOrdered, Ordered, PhoneDialled, Routed, SwitchLost
from portal.telephony.control.incoming import IncomingCallMachine
from portal.telephony.control.machine import CallMachine
from portal.telephony.control.outgoing import OutgoingCallMachine
from portal.telephony.engine import CallJournal, CallSnapshot, IncomingCall, OutgoingCall, Presence, RoutePlanner
from portal.telephony.engines.sandbox.callers import CallerLine, CallerScript
from portal.telephony.engines.sandbox.chance import dice
from portal.telephony.engines.sandbox.driver import CallDriver, Equipment
from portal.telephony.engines.sandbox.phones import Directory, PhoneBank, PresenceChanged
from portal.telephony.engines.sandbox.tape import Run, Tape, at_once
from portal.telephony.engines.timeline import Timeline
from portal.telephony.last_resort import LastResorts

log = logging.getLogger(__name__)

_CALL_ID = re.compile(r"[0-9a-f]{32}")


def _nobody_asked(_account_id: int, _address: str, _presence: Presence) -> None:
    """Presence that nobody watches."""


class SandboxSwitch:
    """Every method may be called from any thread; what they begin happens in the timeline's.

    Call ids are 32 lower-case hex digits (else ValueError) and belong to one call for ever; an order for an
    id that is up already is taken as its repeat and does nothing. `ask` runs the questions to the planner: in
    threads of their own where an answer may take its time, since the timeline's never waits.
    """

    def __init__(
        self,
        name: str,
        timeline: Timeline,
        directory: Directory,
        planner: RoutePlanner,
        journal: CallJournal,
        tape: Tape,
        presence_changed: PresenceChanged = _nobody_asked,
        chance: Random | None = None,
        *,
        ask: Run = at_once,
    ) -> None:
        self.name = name
        self._timeline = timeline
        self._phones = PhoneBank(directory, timeline, chance or dice(name), presence_changed)
        self._equipment = Equipment(timeline, self._phones, tape, journal)
        self._planner = LastResorts(planner)
        self._ask = ask
        self._calls: dict[str, CallDriver] = {}

    def place_incoming(
        self, account_id: int, api_call_id: str, caller: str, did: str, script: CallerScript | None = None
    ) -> None:
        """Somebody outside calls one of the account's numbers and behaves as the script says."""
        call = IncomingCall(account_id, _checked(api_call_id), caller, did, self._timeline.now())
        self._timeline.post(lambda: self._take_in(call, script or CallerScript()))

    def originate(
        self, account_id: int, api_call_id: str, a: str, b: str, *, did: str | None = None, record: bool = True
    ) -> None:
        """Click-to-call: ring the SIP account `a`, then call `b` (an SIP account or a number)."""
        call = OutgoingCall(account_id, _checked(api_call_id), a, b, self._timeline.now(), did, record)
        self._timeline.post(lambda: self._ring_first(call))

    def dial_from_phone(
        self, account_id: int, api_call_id: str, a: str, b: str, *, did: str | None = None, record: bool = True
    ) -> None:
        """The user of `a` dials `b` on the phone. Nothing happens where that phone is away or busy."""
        call = OutgoingCall(account_id, _checked(api_call_id), a, b, self._timeline.now(), did, record)
        self._timeline.post(lambda: self._let_dial(call))

    def hang_up(self, api_call_id: str) -> None:
        """End a call, at whatever stage; one that is not up is left as it is."""
        self._timeline.post(lambda: self._tell(api_call_id, HangUpOrdered()))

    def shut_down(self) -> None:
        """End every call as interrupted, since the switch goes; stop the timeline after this."""
        self._timeline.post(self._lose_calls)

    def live_calls(self) -> tuple[CallSnapshot, ...]:
        """The calls that are up, as last noted."""
        noted = (driver.latest for driver in tuple(self._calls.values()))
        return tuple(call for call in noted if call is not None and call.ended_at is None)

    def presence(self, account_id: int) -> dict[str, Presence]:
        """The phones of the account, by address; errors of the directory come through."""
        return self._phones.presence(account_id)

    def _lose_calls(self) -> None:
        for driver in tuple(self._calls.values()):
            driver.tell(SwitchLost())

    def _take_in(self, call: IncomingCall, script: CallerScript) -> None:
        driver = self._open(IncomingCallMachine(call, self.name))
        if driver is None:
            return
        driver.seat_caller(CallerLine(script, self._timeline, driver.tell))
        driver.tell(Arrived())
        self._ask(lambda: self._route(driver, call))

    def _route(self, driver: CallDriver, call: IncomingCall) -> None:
        plan = self._planner.plan(call, lambda: self._phones.presence(call.account_id), self._timeline.now())
        self._timeline.post(lambda: driver.tell(Routed(plan)))

    def _ring_first(self, call: OutgoingCall) -> None:
        driver = self._open(OutgoingCallMachine(call, self.name))
        if driver is not None:
            driver.tell(Ordered())

    def _let_dial(self, call: OutgoingCall) -> None:
        def tell(event: Event) -> None:
            self._tell(call.api_call_id, event)

        line = self._phones.lift(call.account_id, call.caller, tell)
        if line is None:
            log.info("call %s: the phone %s is away or busy", call.api_call_id, call.caller)
            return
        driver = self._open(OutgoingCallMachine(call, self.name))
        if driver is None:
            line.hang_up()
            return
        driver.seat_caller(line)
        driver.tell(PhoneDialled())

    def _open(self, machine: CallMachine) -> CallDriver | None:
        if machine.api_call_id in self._calls:
            log.info("call %s: ordered again while it is up", machine.api_call_id)
            return None
        driver = self._calls[machine.api_call_id] = CallDriver(machine, self._equipment, self._close)
        return driver

    def _close(self, driver: CallDriver) -> None:
        self._calls.pop(driver.machine.api_call_id, None)

    def _tell(self, api_call_id: str, event: Event) -> None:
        if api_call_id in self._calls:
            self._calls[api_call_id].tell(event)


def _checked(api_call_id: str) -> str:
    if not _CALL_ID.fullmatch(api_call_id):
        raise ValueError(f"not a call id: {api_call_id!r}")
    return api_call_id
