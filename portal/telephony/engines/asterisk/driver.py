"""Carries out one call's commands on an Asterisk, and brings back what happens to its channels."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from portal.telephony.addresses import is_sip_account
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
    CallerGone,
    Event,
    LegEnded,
    RecordingFailed,
    RecordingFinished,
    TimerFired,
)
from portal.telephony.control.legs import CALLER_LEG
from portal.telephony.control.machine import CallMachine
from portal.telephony.engine import CallJournal, CallOutcome, CallSnapshot, LegResult
from portal.telephony.engines.asterisk.lanes import Lanes
from portal.telephony.engines.asterisk.line import DialOrder, SwitchLine
from portal.telephony.engines.asterisk.names import Names
from portal.telephony.engines.asterisk.presence import SwitchLines
from portal.telephony.engines.asterisk.records import RecordKeeper
from portal.telephony.engines.asterisk.results import LegNews
from portal.telephony.engines.asterisk.sounds import TONE, TONE_FOR, medium
from portal.telephony.engines.timeline import Appointment, RealTimeline

log = structlog.get_logger(__name__)

RECORD_NEWS = timedelta(seconds=1)
"""Asterisk now and then loses the news that a record is closed: after so long it is fetched without."""
_FAREWELLS = {CallOutcome.BUSY: LegResult.BUSY, CallOutcome.FAILED: LegResult.FAILED}


@dataclass(frozen=True, slots=True)
class Equipment:
    """What every call of the switch shares. `app` is the name of our application there."""

    timeline: RealTimeline
    app: str
    lanes: Lanes
    lines: SwitchLines
    names: Names
    journal: CallJournal
    records: RecordKeeper
    trunk: str


@dataclass(slots=True)
class Seats:
    """Which channels a call has: of each leg, and what is known of its way."""

    channels: dict[int, str] = field(default_factory=dict)
    news: dict[int, LegNews] = field(default_factory=dict)
    dialled: set[int] = field(default_factory=set)


class CallDriver:
    """One live call, in the timeline's thread. While `is_held`, what happens waits: nothing could be commanded."""

    def __init__(
        self,
        machine: CallMachine,
        equipment: Equipment,
        over: Callable[[CallDriver], None],
        line: SwitchLine | None = None,
    ) -> None:
        self.machine = machine
        self.latest: CallSnapshot | None = None
        """The call as last noted; may be read from any thread."""
        self.seats = Seats()
        self.is_held = False
        self.record: str | None = None
        self._shared = equipment
        self._over = over
        bridge = equipment.names.bridge(machine.api_call_id)
        self.line = line or SwitchLine(machine.api_call_id, bridge, equipment.app, equipment.lanes)
        self._appointments: list[Appointment] = []
        self._inbox: deque[tuple[Event, datetime | None]] = deque()
        self._is_at_work = False
        self._is_fetching = False

    def tell(self, event: Event, at: datetime | None = None) -> None:
        """Something happened, at this moment or just now. Told from within a command, it is taken after it."""
        self._inbox.append((event, at))
        self.work()

    def begin_anew(self, commands: list[Command]) -> None:
        """What a machine that goes on with a call wants first."""
        self._carry_out_all(commands)
        self.work()

    def work(self) -> None:
        """Take what waits."""
        if self._is_at_work or self.is_held:
            return
        self._is_at_work = True
        try:
            while self._inbox:
                event, at = self._inbox.popleft()
                self._carry_out_all(self.machine.on(event, at or self._shared.timeline.now()))
        finally:
            self._is_at_work = False
        if self.machine.is_over:
            self._clear()

    def first(self, happened: list[tuple[Event, datetime | None]]) -> None:
        """What happened while the switch was away comes before what has waited for it."""
        self._inbox.extendleft(reversed(happened))

    def is_phone(self, leg: int) -> bool:
        """Whether a leg rings a SIP account."""
        legs = self.machine.snapshot().legs
        return leg <= len(legs) and is_sip_account(legs[leg - 1].address)

    def end_leg(self, leg: int, at: datetime) -> None:
        """The channel of a dialled leg is gone."""
        news = self.seats.news.get(leg, LegNews())
        self.seats.channels.pop(leg, None)
        self.tell(LegEnded(leg, news.result(is_phone=self.is_phone(leg))), at)

    def hear_of_record(self) -> None:
        """The record is closed, or should be by now."""
        if self.record is not None and not self._is_fetching:
            self._is_fetching = True
            account_id, call_id = self.machine.account_id, self.machine.api_call_id
            self._shared.records.keep(account_id, call_id, self.record, self._hear_of_fetch)

    def play_tone(self) -> None:
        """There is no such announcement: for some seconds the caller is to hear a tone, not silence."""
        caller, tone = self.seats.channels.get(CALLER_LEG), self._shared.names.tone(self.machine.api_call_id)
        if caller is not None:  # else the news of its end is on its way
            self.line.play(caller, TONE, tone, lambda: self._later(AnnouncementFinished()))
        self._at(self._shared.timeline.now() + TONE_FOR, lambda: self.tell(AnnouncementFinished()))

    def connect_again(self) -> None:
        """The talk's bridge is not what it should be."""
        self.line.connect(*self.seats.channels.values())

    def caller_gone(self, at: datetime) -> None:
        """The caller's channel has left."""
        self.seats.channels.pop(CALLER_LEG, None)
        self.tell(CallerGone(), at)

    def _hear_of_fetch(self, is_kept: bool) -> None:  # noqa: FBT001 - the keeper's one answer
        self._later(RecordingFinished() if is_kept else RecordingFailed())

    def _later(self, event: Event) -> None:
        """From another thread."""
        self._shared.timeline.post(lambda: self.tell(event))

    def _carry_out_all(self, commands: list[Command]) -> None:
        for command in commands:
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command:
            case Dial() | CancelLeg() | Bridge() | HangUp():
                self._switch(command)
            case StartRecording() | StopRecording():
                self._record(command)
            case RingCaller() | AnswerCaller() | Announce():
                self._serve_caller(command)
            case SetTimer(name=name, at=at):
                self._at(at, lambda: self.tell(TimerFired(name)))
            case Note():
                self._note(command)

    def _serve_caller(self, command: RingCaller | AnswerCaller | Announce) -> None:
        caller = self.seats.channels.get(CALLER_LEG)
        if caller is None:
            return  # gone meanwhile: the news of it is on its way
        match command:
            case RingCaller():
                self.line.ring_back(caller)
            case AnswerCaller():
                self.line.answer(caller)
            case Announce(name=name):
                playback = self._shared.names.playback(self.machine.api_call_id)
                self.line.play(caller, medium(name), playback, lambda: self._later(AnnouncementFinished()))

    def _switch(self, command: Dial | CancelLeg | Bridge | HangUp) -> None:
        match command:
            case Dial():
                self._dial(command)
            case CancelLeg(leg=leg, reason=reason):
                if leg in self.seats.channels:
                    self.line.hang_up(self.seats.channels.pop(leg), reason)
            case Bridge(leg=leg):
                self._bridge(leg)
            case HangUp():
                self._hang_up_all()
                self.line.take_down()

    def _bridge(self, leg: int) -> None:
        caller, callee = (self.seats.channels.get(each) for each in (CALLER_LEG, leg))
        if caller is None or callee is None:
            return  # gone meanwhile: the news of it is on its way
        if CALLER_LEG in self.seats.dialled:
            self.line.stop_ring_back(caller)
        self.line.connect(caller, callee)

    def _dial(self, dial: Dial) -> None:
        endpoint = self._endpoint(dial.address)
        if endpoint is None:
            self.tell(LegEnded(dial.leg, LegResult.OFFLINE))
            return
        channel = self._shared.names.channel(self.machine.api_call_id, dial.leg)
        caller = self.seats.channels.get(CALLER_LEG)
        has_answered = CALLER_LEG in self.seats.dialled
        self.seats.channels[dial.leg] = channel
        self.seats.news[dial.leg] = LegNews()
        self.seats.dialled.add(dial.leg)
        order = DialOrder(
            channel=channel,
            endpoint=endpoint,
            seconds=dial.seconds,
            shown=dial.caller_shown.removeprefix("SIP/"),
            arguments=f"leg,{self.machine.api_call_id},{dial.leg}",
            bridge_with=caller if has_answered else None,
        )
        is_phone = is_sip_account(dial.address)

        def refused(status: int) -> None:
            # 500: the phone is registered nowhere, or there is no such endpoint.
            result = LegResult.OFFLINE if is_phone and status == 500 else LegResult.FAILED
            self._later(LegEnded(dial.leg, result))

        self.line.dial(order, refused)

    def _endpoint(self, address: str) -> str | None:
        if not is_sip_account(address):
            return self._shared.trunk.replace("{number}", address)
        endpoint = self._shared.lines.endpoint(self.machine.account_id, address)
        return None if endpoint is None else f"PJSIP/{endpoint}"

    def _record(self, command: StartRecording | StopRecording) -> None:
        account_id, call_id = self.machine.account_id, self.machine.api_call_id
        if isinstance(command, StartRecording):
            self.record = self._shared.names.record(account_id, call_id)
            self._shared.records.begin(account_id, call_id)
            self.line.record(self.record, lambda: self._later(RecordingFailed()))
        elif self.record is not None:
            timeline = self._shared.timeline
            self.line.stop_record(
                self.record, lambda: timeline.post(lambda: self._at(timeline.now() + RECORD_NEWS, self.hear_of_record))
            )
            # Whoever is left need not wait until the record is here.
            self._hang_up_all()

    def _note(self, note: Note) -> None:
        self.latest = note.call
        try:
            self._shared.journal.record(note.call, note.change)
        except Exception:
            log.exception("not_in_the_journal", api_call_id=note.call.api_call_id, change=note.change)

    def _at(self, when: datetime, act: Callable[[], None]) -> None:
        self._appointments.append(self._shared.timeline.call_at(when, act))

    def _hang_up_all(self) -> None:
        for leg, channel in self.seats.channels.items():
            self.line.hang_up(channel, self._farewell() if leg == CALLER_LEG else None)
        self.seats.channels.clear()

    def _farewell(self) -> LegResult | None:
        """What a caller who was never answered is told."""
        call = self.machine.snapshot()
        if call.caller_answered_at is not None:
            return None
        return LegResult.NO_ANSWER if call.outcome is None else _FAREWELLS.get(call.outcome, LegResult.NO_ANSWER)

    def _clear(self) -> None:
        self._hang_up_all()
        for appointment in self._appointments:
            appointment.cancel()
        self._over(self)
