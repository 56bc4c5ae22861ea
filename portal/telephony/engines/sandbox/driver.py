"""Carries out one call's commands on the sandbox's phones, callers and tape, and brings back what happens."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.telephony.control.commands import (
    Announce,
    AnswerCaller,
    Bridge,
    CancelLeg,
    Command,
    Dial,
    HangUp,
    Note,
    RingCaller,
    SetTimer,
    StartRecording,
    StopRecording,
)
from portal.telephony.control.events import (
    AnnouncementFinished,
    Event,
    LegEnded,
    RecordingFailed,
    RecordingFinished,
    TimerFired,
)
from portal.telephony.control.legs import CALLER_LEG
from portal.telephony.control.machine import CallMachine
from portal.telephony.engine import CallJournal, CallSnapshot, LegResult
from portal.telephony.engines.sandbox.lines import Line
from portal.telephony.engines.sandbox.phones import PhoneBank
from portal.telephony.engines.sandbox.tape import Tape
from portal.telephony.engines.timeline import Act, Appointment, Timeline

log = logging.getLogger(__name__)

ANNOUNCEMENT_SECONDS = 4.0
"""How long any announcement of the sandbox is."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What every call of the switch shares."""

    timeline: Timeline
    phones: PhoneBank
    tape: Tape
    journal: CallJournal


class CallDriver:
    """One live call. Everything here runs in the timeline's thread; `over` is told when nothing can follow."""

    def __init__(self, machine: CallMachine, equipment: Equipment, over: Callable[["CallDriver"], None]) -> None:
        self.machine = machine
        self.latest: CallSnapshot | None = None
        """The call as last noted; may be read from any thread."""
        self._timeline = equipment.timeline
        self._phones = equipment.phones
        self._tape = equipment.tape
        self._journal = equipment.journal
        self._over = over
        self._lines: dict[int, Line] = {}
        self._appointments: list[Appointment] = []
        self._recording_since: datetime | None = None
        self._inbox: deque[Event] = deque()
        self._is_at_work = False

    def seat_caller(self, line: Line) -> None:
        """The caller is on the line already (a call from outside, or dialled on the phone)."""
        self._lines[CALLER_LEG] = line

    def tell(self, event: Event) -> None:
        """Something happened. Told from within a command, it is taken after it."""
        self._inbox.append(event)
        if self._is_at_work:
            return
        self._is_at_work = True
        try:
            while self._inbox:
                for command in self.machine.on(self._inbox.popleft(), self._timeline.now()):
                    self._carry_out(command)
        finally:
            self._is_at_work = False
        if self.machine.is_over:
            self._clear()

    def _carry_out(self, command: Command) -> None:
        match command:
            case Dial() | CancelLeg() | Bridge() | HangUp():
                self._switch(command)
            case StartRecording() | StopRecording():
                self._record(command)
            case SetTimer(name=name, at=at):
                self._at(at, lambda: self.tell(TimerFired(name)))
            case Announce():
                self._at(
                    self._timeline.now() + timedelta(seconds=ANNOUNCEMENT_SECONDS),
                    lambda: self.tell(AnnouncementFinished()),
                )
            case Note():
                self._note(command)
            case RingCaller() | AnswerCaller():
                pass  # nobody listens to a tone here; a caller begins to talk with the bridge

    def _switch(self, command: Dial | CancelLeg | Bridge | HangUp) -> None:
        match command:
            case Dial():
                self._dial(command)
            case CancelLeg(leg=leg):
                if leg in self._lines:
                    self._lines.pop(leg).hang_up()
            case Bridge(leg=leg):
                for number in (CALLER_LEG, leg):
                    self._lines[number].talk()
            case HangUp():
                self._hang_up_all()

    def _dial(self, dial: Dial) -> None:
        try:
            self._lines[dial.leg] = self._phones.dial(self.machine.account_id, dial.leg, dial.address, self.tell)
        except Exception:
            log.exception("call %s: leg %d could not be dialled", self.machine.api_call_id, dial.leg)
            self.tell(LegEnded(dial.leg, LegResult.FAILED))

    def _record(self, command: StartRecording | StopRecording) -> None:
        call = (self.machine.account_id, self.machine.api_call_id)
        if isinstance(command, StartRecording):
            self._recording_since = self._timeline.now()
            if not self._tape.begin(*call):
                self.tell(RecordingFailed())
        elif self._recording_since is not None:
            seconds = (self._timeline.now() - self._recording_since).total_seconds()
            self._tape.close(*call, seconds, self._hear_of_record)

    def _hear_of_record(self, is_kept: bool) -> None:  # noqa: FBT001 - the tape's one answer
        event = RecordingFinished() if is_kept else RecordingFailed()
        self._timeline.post(lambda: self.tell(event))

    def _note(self, note: Note) -> None:
        self.latest = note.call
        try:
            self._journal.record(note.call, note.change)
        except Exception:
            log.exception("call %s: %s is not in the journal", note.call.api_call_id, note.change)

    def _at(self, when: datetime, act: Act) -> None:
        self._appointments.append(self._timeline.call_at(when, act))

    def _hang_up_all(self) -> None:
        for line in self._lines.values():
            line.hang_up()
        self._lines.clear()

    def _clear(self) -> None:
        self._hang_up_all()
        for appointment in self._appointments:
            appointment.cancel()
        self._over(self)
