"""Calls that come by themselves, so that a demo is alive: a few a minute, as chance has it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from portal.telephony.engine import Presence
from portal.telephony.engines.sandbox.callers import CallerScript
from portal.telephony.engines.sandbox.switch import SandboxSwitch
from portal.telephony.engines.timeline import Appointment, Timeline

log = logging.getLogger(__name__)

KNOWN_CALLER_SHARE = 0.6
OUTGOING_SHARE = 0.25
IMPATIENT_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class TrafficLine:
    """A public number that gets calls, and the numbers of people who are likely to call it."""

    account_id: int
    did: str
    known_callers: tuple[str, ...] = ()


class Traffic:
    """Places calls on the switch between `start` and `stop`; at most one call per tick, each on a random line."""

    def __init__(
        self,
        switch: SandboxSwitch,
        timeline: Timeline,
        lines: Sequence[TrafficLine],
        new_call_id: Callable[[], str],
        chance: Random,
        calls_per_minute: float = 3.0,
    ) -> None:
        self._switch = switch
        self._timeline = timeline
        self._lines = tuple(lines)
        self._new_call_id = new_call_id
        self._chance = chance
        self._mean_pause = 60.0 / calls_per_minute
        self._is_running = False
        self._next: Appointment | None = None

    def start(self) -> None:
        """Begin; the first call comes after a pause. May be called from any thread, as `stop`."""
        self._timeline.post(self._begin)

    def stop(self) -> None:
        """Place no more calls; those that are up go on."""
        self._timeline.post(self._end)

    def _begin(self) -> None:
        if self._lines and not self._is_running:
            self._is_running = True
            self._wait()

    def _end(self) -> None:
        self._is_running = False
        if self._next is not None:
            self._next.cancel()

    def _wait(self) -> None:
        pause = self._chance.uniform(0.4, 1.6) * self._mean_pause
        self._next = self._timeline.call_at(self._timeline.now() + timedelta(seconds=pause), self._tick)

    def _tick(self) -> None:
        self._wait()
        line = self._chance.choice(self._lines)
        try:
            self._place(line)
        except Exception:
            log.exception("no call on %s this time", line.did)

    def _place(self, line: TrafficLine) -> None:
        phones = self._free_phones(line) if self._chance.random() < OUTGOING_SHARE else []
        if phones:
            self._switch.dial_from_phone(
                line.account_id, self._new_call_id(), self._chance.choice(phones), self._person(line), did=line.did
            )
        else:
            self._switch.place_incoming(
                line.account_id, self._new_call_id(), self._person(line), line.did, self._script()
            )

    def _free_phones(self, line: TrafficLine) -> list[str]:
        presence = self._switch.presence(line.account_id)
        return sorted(address for address, state in presence.items() if state is Presence.ONLINE)

    def _person(self, line: TrafficLine) -> str:
        if line.known_callers and self._chance.random() < KNOWN_CALLER_SHARE:
            return self._chance.choice(line.known_callers)
        return f"7999{self._chance.randrange(10**7):07d}"

    def _script(self) -> CallerScript:
        is_impatient = self._chance.random() < IMPATIENT_SHARE
        patience = self._chance.uniform(3, 15) if is_impatient else self._chance.uniform(40, 120)
        return CallerScript(patience, talk_seconds=self._chance.uniform(10, 90))
