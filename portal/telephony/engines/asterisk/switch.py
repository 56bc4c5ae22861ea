"""An Asterisk: takes calls in, places calls, keeps those that are up, and finds them again after a gap."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Protocol

import structlog

from portal.telephony.control.events import Arrived, HangUpOrdered, Ordered, PhoneDialled, Routed
from portal.telephony.control.incoming import IncomingCallMachine
from portal.telephony.control.legs import CALLER_LEG
from portal.telephony.control.machine import CallMachine
from portal.telephony.control.outgoing import OutgoingCallMachine
from portal.telephony.engine import CallSnapshot, IncomingCall, OutgoingCall
from portal.telephony.engines.asterisk.driver import CallDriver, Equipment
from portal.telephony.engines.asterisk.line import SwitchLine
from portal.telephony.engines.asterisk.names import call_of, call_of_record, leg_of_channel
from portal.telephony.engines.asterisk.news import tell_call, tell_leg
from portal.telephony.engines.asterisk.presence import PhoneBoard
from portal.telephony.engines.asterisk.switch_clock import SwitchClock
from portal.telephony.engines.asterisk.world import Channel, moment
from portal.telephony.plan import RoutePlan

_CALLED_OFF = timedelta(seconds=0.25)

log = structlog.get_logger(__name__)


class Reception(Protocol):
    """Knows whose call a channel from the dialplan is, and whom it rings. Answers by `done`, in any thread."""

    def receive(
        self, channel: Channel, at: datetime, done: Callable[[IncomingCall | OutgoingCall | None], None]
    ) -> None:
        """Whose call this is; None where it is nobody's, or may not be placed."""
        ...

    def route(self, call: IncomingCall, done: Callable[[RoutePlan], None]) -> None:
        """Whom it rings; a plan comes whatever happens."""
        ...


class _Link(Enum):
    DOWN = auto()
    SETTLING = auto()  # events come, and wait until it is known how things stand
    UP = auto()


class AsteriskSwitch:
    """In the timeline's thread, but for `hear`."""

    def __init__(self, name: str, equipment: Equipment, reception: Reception, phones: PhoneBoard) -> None:
        self.name = name
        self.calls: dict[str, CallDriver] = {}
        self.equipment = equipment
        self.phones = phones
        self.seen_at: datetime | None = None
        """When Asterisk was last heard, or last known to be there."""
        self._reception = reception
        self._timeline = equipment.timeline
        self._clock = SwitchClock()
        self._link = _Link.DOWN
        self._held: list[tuple[Mapping[str, Any], datetime]] = []
        self._callers: dict[str, str | None] = {}
        """Channels of the dialplan by id, and their calls: None while it is asked whose."""

    @property
    def is_up(self) -> bool:
        """Whether Asterisk is there and settled with. From any thread."""
        return self._link is _Link.UP

    def hear(self, text: str) -> None:
        """An event has come. From any thread; never waits, and is not troubled by what comes of it."""
        arrived_at, event = self._timeline.now(), json.loads(text)
        # An arrival is the first news of its channel: no other is overtaken by it that it should follow.
        post = self._timeline.post_ahead if event["type"] == "StasisStart" else self._timeline.post
        post(lambda: self._take(event, arrived_at))

    def lose(self) -> None:
        """No events come any more: what happens to calls waits from here on."""
        if self._link is _Link.UP:
            self.seen_at = self._timeline.now()
        self._link = _Link.DOWN
        self._held.clear()
        for driver in self.calls.values():
            driver.is_held = True

    def begin_settling(self) -> None:
        """Events come again, of another connection or another Asterisk."""
        self._link = _Link.SETTLING
        self._clock = SwitchClock()

    def end_settling(self) -> None:
        """It is known how things stand: go on from there."""
        self._link = _Link.UP
        for driver in tuple(self.calls.values()):
            driver.is_held = False
            driver.work()
        held, self._held = self._held, []
        for event, arrived_at in held:
            self._take(event, arrived_at)

    def live_calls(self) -> tuple[CallSnapshot, ...]:
        """The calls that are up, as last noted. From any thread."""
        noted = (driver.latest for driver in tuple(self.calls.values()))
        return tuple(call for call in noted if call is not None and call.ended_at is None)

    def originate(self, call: OutgoingCall) -> None:
        """Click-to-call: ring the caller's phone, then the callee."""
        driver = self._open(OutgoingCallMachine(call, self.name))
        if driver is not None:
            driver.tell(Ordered())

    def hang_up(self, api_call_id: str) -> None:
        """End a call, at whatever stage."""
        if api_call_id in self.calls:
            self.calls[api_call_id].tell(HangUpOrdered())

    def receive(self, channel: Channel, at: datetime) -> None:
        """A channel of the dialplan is in our hands, unless it is already."""
        if channel.id in self._callers:
            return
        self._callers[channel.id] = None

        def received(call: IncomingCall | OutgoingCall | None) -> None:
            self._timeline.post_ahead(lambda: self._take_in(channel, call))

        self._reception.receive(channel, at, received)

    def adopt(self, driver: CallDriver, caller: str | None) -> None:
        """A call of an earlier life goes on; `caller` is its channel of the dialplan."""
        self.calls[driver.machine.api_call_id] = driver
        if caller is not None:
            self._callers[caller] = driver.machine.api_call_id
        if isinstance(driver.machine, IncomingCallMachine):
            call = driver.machine.snapshot()
            arrived = IncomingCall(call.account_id, call.api_call_id, call.caller, call.did or "", call.started_at)
            if call.talk_started_at is None:
                # By then the phones that an earlier life rang are free again.
                self._timeline.call_at(self._timeline.now() + _CALLED_OFF, lambda: self._route(driver, arrived))

    def driver_for(self, machine: CallMachine, line: SwitchLine | None = None) -> CallDriver:
        """A driver of this switch."""
        return CallDriver(machine, self.equipment, self._close, line)

    def _take(self, event: Mapping[str, Any], arrived_at: datetime) -> None:
        if self._link is _Link.SETTLING:
            self._held.append((event, arrived_at))
        elif self._link is _Link.UP:
            self._sort(event, arrived_at)

    def _sort(self, event: Mapping[str, Any], arrived_at: datetime) -> None:
        at = self._clock.moment(moment(event["timestamp"]), arrived_at)
        self.seen_at = arrived_at
        match event:
            case {"type": "DeviceStateChanged", "device_state": {"name": device, "state": state}}:
                self.phones.hear_device(device, state)
            case {"type": "StasisStart", "channel": found} if leg_of_channel(found["id"]) is None:
                self.receive(Channel.of(found, self.equipment.app).arrived(event["args"]), at)
            case {"recording": {"name": name}}:
                self._tell_call(event, (call_of_record(name) or (0, None))[1], at)
            case {"playback": {"id": playback}}:
                self._tell_call(event, call_of(playback), at)
            case {"type": "Dial", "peer": {"id": channel}} | {"channel": {"id": channel}}:
                self._tell_leg(event, channel, at)
            case {"type": "ApplicationReplaced"}:
                log.error("asterisk_application_taken", app=self.equipment.app)

    def _tell_call(self, event: Mapping[str, Any], api_call_id: str | None, at: datetime) -> None:
        if api_call_id in self.calls:
            tell_call(self.calls[api_call_id], event, at)

    def _tell_leg(self, event: Mapping[str, Any], channel: str, at: datetime) -> None:
        api_call_id, leg = leg_of_channel(channel) or (self._callers.get(channel), CALLER_LEG)
        if event["type"] == "StasisEnd":
            self._callers.pop(channel, None)
        driver = self.calls.get(api_call_id or "")
        if driver is not None and (channel in driver.seats.channels.values() or leg in driver.seats.news):
            tell_leg(driver, leg, event, at)

    def _take_in(self, channel: Channel, call: IncomingCall | OutgoingCall | None) -> None:
        is_gone = channel.id not in self._callers
        if call is None:
            self._callers.pop(channel.id, None)
            if not is_gone:
                line = SwitchLine(channel.id, "", self.equipment.app, self.equipment.lanes)
                line.refuse(channel.id)
            return
        machine: CallMachine = (
            IncomingCallMachine(call, self.name)
            if isinstance(call, IncomingCall)
            else OutgoingCallMachine(call, self.name)
        )
        driver = self._open(machine)
        if driver is None:
            return
        driver.seats.channels[CALLER_LEG] = channel.id
        if not is_gone:
            self._callers[channel.id] = call.api_call_id
        driver.tell(Arrived() if isinstance(call, IncomingCall) else PhoneDialled())
        if is_gone:
            driver.caller_gone(self._timeline.now())
        elif isinstance(call, IncomingCall):
            self._route(driver, call)

    def _route(self, driver: CallDriver, call: IncomingCall) -> None:
        def routed(plan: RoutePlan) -> None:
            self._timeline.post_ahead(lambda: driver.tell(Routed(plan)))

        self._reception.route(call, routed)

    def _open(self, machine: CallMachine) -> CallDriver | None:
        if machine.api_call_id in self.calls:
            log.info("call_ordered_again", api_call_id=machine.api_call_id)
            return None
        driver = self.calls[machine.api_call_id] = self.driver_for(machine)
        driver.is_held = self._link is not _Link.UP
        return driver

    def _close(self, driver: CallDriver) -> None:
        self.calls.pop(driver.machine.api_call_id, None)
