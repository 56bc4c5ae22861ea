"""After each new connection: what is on the switch, held against what we know, so that both tell the same again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from portal.telephony.control.events import CallerGone, Event, LegAnswered, LegEnded, LegRinging, SwitchLost
from portal.telephony.control.legs import CALLER_LEG
from portal.telephony.control.reconcile import note_what_is_left
from portal.telephony.engine import CallSnapshot
from portal.telephony.engines.asterisk.ari import AriAway, AriRefused, Errand, part
from portal.telephony.engines.asterisk.driver import CallDriver
from portal.telephony.engines.asterisk.lanes import Job
from portal.telephony.engines.asterisk.line import SwitchLine
from portal.telephony.engines.asterisk.names import call_of, call_of_record, leg_of_channel
from portal.telephony.engines.asterisk.results import LegNews
from portal.telephony.engines.asterisk.resume import machine_for
from portal.telephony.engines.asterisk.switch import AsteriskSwitch
from portal.telephony.engines.asterisk.world import Channel, World

log = structlog.get_logger(__name__)

_RECORDS_AFTER = timedelta(seconds=3)
"""What is swept away may have been recording: its file is whole when its bridge has gone."""


class Settlement:
    """One reconciliation, in the timeline's thread. `call_id_of` says which call a channel of the dialplan is."""

    def __init__(self, switch: AsteriskSwitch, world: World, call_id_of: Callable[[str], str]) -> None:
        self._switch = switch
        self._shared = switch.equipment
        self._world = world
        self._callers = {
            call_id_of(each.id): each
            for each in world.channels.values()
            if each.stasis[:1] in (("incoming",), ("outgoing",))
        }
        self._now = self._shared.timeline.now()

    def compare(self, *, is_another: bool) -> None:
        """Calls in memory: what happened to their channels while nobody watched. `is_another`: Asterisk began anew."""
        seen_at = self._switch.seen_at or self._now
        for driver in tuple(self._switch.calls.values()):
            if is_another:
                driver.seats.channels.clear()
                driver.first([(SwitchLost(), seen_at)])
            else:
                driver.first(self._missed_by(driver, seen_at))

    def take_over(
        self, calls: tuple[CallSnapshot, ...], seen_at: datetime, close: Callable[[CallSnapshot], None]
    ) -> None:
        """Calls of an earlier life: those that are still up go on, the others are closed."""
        for call in calls:
            if call.api_call_id in self._switch.calls:
                continue
            channels = self._channels_of(call)
            left = note_what_is_left(
                call, set(channels), {leg for leg, each in channels.items() if each.is_up}, seen_at
            )
            if CALLER_LEG in channels and _goes_on(left):
                self._resume(left, channels)
            else:
                close(call)

    def receive_arrivals(self) -> None:
        """Callers who wait and whom nobody has taken in. One who was answered has had a call: it is over."""
        for call_id, channel in self._callers.items():
            if call_id in self._switch.calls:
                continue
            if channel.is_up:
                self._drop(f"channels/{part(channel.id)}")
            else:
                self._switch.receive(channel, self._now)

    def sweep(self) -> None:
        """Channels and bridges of calls that are no more, and records that nobody has fetched."""
        for channel in self._world.channels:
            found = leg_of_channel(channel)
            if found is not None and not self._is_seated(*found, channel):
                self._drop(f"channels/{part(channel)}")
        for bridge in self._world.bridges:
            call_id = call_of(bridge)
            if call_id is not None and call_id not in self._switch.calls:
                self._drop(f"bridges/{part(bridge)}")
        self._shared.timeline.call_at(self._now + _RECORDS_AFTER, self._fetch_records)

    def _missed_by(self, driver: CallDriver, seen_at: datetime) -> list[tuple[Event, datetime | None]]:
        missed: list[tuple[Event, datetime | None]] = []
        for leg, channel in tuple(driver.seats.channels.items()):
            found = self._world.channels.get(channel)
            if found is None:
                del driver.seats.channels[leg]
                # It may have been asked for and not been made yet.
                driver.line.hang_up(channel)
                is_dialled = leg in driver.seats.dialled
                gone = (
                    LegEnded(leg, driver.seats.news[leg].result(is_phone=driver.is_phone(leg))) if is_dialled else None
                )
                missed.append((gone or CallerGone(), seen_at))
            elif leg in driver.seats.dialled:
                missed.extend((event, None) for event in _progress(leg, found))
        talk = driver.machine.snapshot()
        if talk.talk_started_at is not None and talk.ended_at is None and not missed:
            self._mend_bridge(driver)
        return missed

    def _mend_bridge(self, driver: CallDriver) -> None:
        if not self._world.bridges.get(driver.line.bridge_id, frozenset()) >= set(driver.seats.channels.values()):
            driver.connect_again()

    def _channels_of(self, call: CallSnapshot) -> dict[int, Channel]:
        found = {}
        for channel in self._world.channels.values():
            made_for = leg_of_channel(channel.id)
            if made_for is not None and made_for[0] == call.api_call_id and made_for[1] <= len(call.legs):
                found[made_for[1]] = channel
        if call.api_call_id in self._callers:
            found[CALLER_LEG] = self._callers[call.api_call_id]
        return found

    def _resume(self, call: CallSnapshot, channels: Mapping[int, Channel]) -> None:
        shared, call_id = self._shared, call.api_call_id
        bridge = next((each for each in self._world.bridges if call_of(each) == call_id), None)
        name = bridge or shared.names.bridge(call_id)
        line = SwitchLine(call_id, name, shared.app, shared.lanes, has_bridge=bridge is not None)
        machine = machine_for(call, self._switch.name)
        driver = self._switch.driver_for(machine, line)
        driver.is_held = True
        for leg, channel in channels.items():
            driver.seats.channels[leg] = channel.id
            if leg_of_channel(channel.id) is not None:
                driver.seats.dialled.add(leg)
                driver.seats.news[leg] = LegNews(has_rung=call.legs[leg - 1].rang_at is not None)
        driver.record = next(
            (each for each in self._world.records if (call_of_record(each) or ("", ""))[1] == call_id), None
        )
        log.warning("call_taken_over", api_call_id=call_id)
        driver.begin_anew(machine.resume(call, self._now))
        caller = channels[CALLER_LEG].id
        self._switch.adopt(driver, None if leg_of_channel(caller) is not None else caller)
        if call.talk_started_at is not None:
            self._mend_bridge(driver)

    def _is_seated(self, call_id: str, leg: int, channel: str) -> bool:
        driver = self._switch.calls.get(call_id)
        return driver is not None and driver.seats.channels.get(leg) == channel

    def _fetch_records(self) -> None:
        live = {driver.record for driver in self._switch.calls.values()}
        for name in self._world.records:
            found = call_of_record(name)
            if found is not None and name not in live:
                self._shared.records.keep(*found, name, lambda _is_kept: None)

    def _drop(self, path: str) -> None:
        """One at a time: many at once have hung Asterisk up."""
        self._shared.lanes.put("sweep", _quietly_drop(path))


def _goes_on(call: CallSnapshot) -> bool:
    """Whether there is anything to go on with: a set-up, or a talk whose partner is there."""
    if call.talk_started_at is None:
        return True
    return any(leg.number != CALLER_LEG and leg.answered_at is not None and leg.ended_at is None for leg in call.legs)


def _progress(leg: int, channel: Channel) -> list[Event]:
    if channel.is_up:
        return [LegAnswered(leg)]
    return [LegRinging(leg)] if channel.state == "Ringing" else []


def _quietly_drop(path: str) -> Job:
    try:
        yield Errand("DELETE", path)
    except (AriRefused, AriAway) as error:
        log.info("not_swept", path=path, reason=str(error))
