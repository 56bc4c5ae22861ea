"""A call played by itself, in no time: the real machine follows a plan while nobody answers."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from portal.telephony.addresses import is_sip_account
from portal.telephony.control.commands import Announce, Command, Dial, SetTimer
from portal.telephony.control.events import AnnouncementFinished, Arrived, Event, LegEnded, Routed, TimerFired
from portal.telephony.control.incoming import IncomingCallMachine
from portal.telephony.engine import CallSnapshot, IncomingCall, LegResult, Presence
from portal.telephony.plan import RoutePlan


def play_unanswered(call: IncomingCall, plan: RoutePlan, presence: Mapping[str, Presence]) -> CallSnapshot:
    """The finished call as it would be written down if each free phone rang its time and the caller had patience.

    Phones that are offline or busy in `presence` refuse at once, for as long as the call lasts. Announcements take
    no time here.
    """
    machine = IncomingCallMachine(call, "rehearsal")
    moment = call.arrived_at
    timers: list[tuple[datetime, int, str]] = []
    inbox: deque[Event] = deque([Arrived(), Routed(plan)])
    while not machine.is_over:
        if not inbox:
            moment, _order, name = heapq.heappop(timers)
            inbox.append(TimerFired(name))
        commands = machine.on(inbox.popleft(), moment)
        for command in commands:
            if isinstance(command, SetTimer):
                heapq.heappush(timers, (command.at, len(timers), command.name))
        inbox.extend(_answers(commands, presence))
    return machine.snapshot()


def _answers(commands: Sequence[Command], presence: Mapping[str, Presence]) -> Iterator[Event]:
    """What the world says at once to what was commanded."""
    for command in commands:
        match command:
            case Announce():
                yield AnnouncementFinished()
            case Dial(leg=leg, address=address) if is_sip_account(address):
                match presence.get(address, Presence.OFFLINE):
                    case Presence.OFFLINE:
                        yield LegEnded(leg, LegResult.OFFLINE)
                    case Presence.BUSY | Presence.RINGING:
                        yield LegEnded(leg, LegResult.BUSY)
