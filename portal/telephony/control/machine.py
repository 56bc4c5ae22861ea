"""What every call has in common, whoever makes it: its legs, the talk, the record, the end."""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta

from portal.telephony.control.commands import (
    Bridge,
    CancelLeg,
    Command,
    Dial,
    HangUp,
    Note,
    SetTimer,
    StartRecording,
    StopRecording,
)
from portal.telephony.control.events import (
    CallerGone,
    Event,
    HangUpOrdered,
    LegEnded,
    RecordingFailed,
    RecordingFinished,
    SwitchLost,
    TimerFired,
)
from portal.telephony.control.legs import CALLER_LEG, Leg
from portal.telephony.control.phases import Phase, Record
from portal.telephony.engine import CallChange, CallKind, CallOutcome, CallSnapshot, LegEnd, LegResult, Side
from portal.telephony.plan import FallbackCause, KnownBy, Skipped, StepReason, Target

RECORD_WAIT = timedelta(seconds=5)
"""How long the end of a call waits for its record to be closed; the record may still come later."""
RECORD_GIVEN_UP = timedelta(minutes=10)
"""After so long a record that was being closed counts as lost."""
_RECORD_WAIT_TIMER = "record-wait"
_RECORD_LOST_TIMER = "record-lost"


class CallMachine(ABC):
    """One call's state. Subclasses say how a call is set up; from the answer on all calls are alike.

    `on` may be called with any event at any time: one that is late, doubled or about an unknown leg
    changes nothing and answers with no command. Moments never run backwards: an earlier `now` counts as
    the latest one seen.
    """

    def __init__(self, kind: CallKind, account_id: int, api_call_id: str, switch: str, caller: Leg) -> None:
        self.account_id = account_id
        self.api_call_id = api_call_id
        self._kind = kind
        self._switch = switch
        self._did: str | None = None
        self._callee: str | None = None
        self._legs = [caller]
        self._started_at = self._now = caller.started_at
        self._phase = Phase.NEW
        self._record = Record.NONE
        self._partner: Leg | None = None
        self._talk_started_at: datetime | None = None
        self._hung_up_at: datetime | None = None
        self._ended_at: datetime | None = None
        self._outcome: CallOutcome | None = None
        self._skipped: list[Skipped] = []
        self._fallback: FallbackCause | None = None
        self._known_by: KnownBy | None = None
        self._version, self._is_changed = 0, False
        self._commands: list[Command] = []

    @property
    def is_over(self) -> bool:
        """True once nothing can follow any more, not even a late record."""
        return self._phase is Phase.ENDED and self._record is not Record.STOPPING

    def on(self, event: Event, now: datetime) -> list[Command]:
        """Take one event; the commands are to be carried out in their order."""
        self._now = max(self._now, now)
        self._commands = []
        if not self.is_over:
            self._take(event)
        if self._is_changed:
            self._note(CallChange.LEGS)
        return self._commands

    def snapshot(self) -> CallSnapshot:
        """The call as it stands."""
        return CallSnapshot(
            api_call_id=self.api_call_id,
            account_id=self.account_id,
            switch=self._switch,
            kind=self._kind,
            caller=self._caller.address,
            did=self._did,
            callee=self._callee,
            started_at=self._started_at,
            caller_answered_at=self._caller.answered_at,
            callee_answered_at=self._partner.answered_at if self._partner else None,
            talk_started_at=self._talk_started_at,
            ended_at=self._ended_at,
            outcome=self._outcome,
            legs=tuple(leg.snapshot() for leg in self._legs),
            has_recording=self._record in (Record.RUNNING, Record.STOPPING, Record.KEPT),
            version=self._version,
            skipped=tuple(self._skipped),
            fallback=self._fallback,
            known_by=self._known_by,
        )

    def resume(self, call: CallSnapshot, now: datetime) -> list[Command]:
        """Go on with a call that another machine began, from what was last noted of it, in place of a first event.

        The caller is still on the line, and each leg that has no end is; of a talk, the partner too. Phones that ring
        are called off, since nobody knows any more what was to follow; one that has answered is connected.
        """
        self._commands = []
        self._now = max(self._now, now)
        self._legs = [Leg.of(leg) for leg in call.legs]
        self._version, self._skipped = call.version, list(call.skipped)
        self._fallback, self._known_by = call.fallback, call.known_by
        self._phase = Phase.SETUP
        answered = next((leg for leg in self._live_callees() if leg.answered_at is not None), None)
        if call.talk_started_at is not None and answered is not None:
            self._phase, self._partner, self._callee = Phase.TALKING, answered, call.callee
            self._talk_started_at = call.talk_started_at
            self._record = Record.RUNNING if call.has_recording else Record.NONE
        else:
            self._resume_set_up(answered)
        if self._is_changed:
            self._note(CallChange.LEGS)
        return self._commands

    # What a subclass says.

    @abstractmethod
    def _begin(self, event: Event) -> bool:
        """Take the event that starts the call; False where this is not one."""

    @abstractmethod
    def _resume_set_up(self, answered: Leg | None) -> None:
        """Go on with the set-up from the legs that are there; `answered` is the callee that waits to be connected."""

    @abstractmethod
    def _set_up(self, event: Event) -> None:
        """Take an event between the start and the talk."""

    @abstractmethod
    def _time_over(self, name: str) -> None:
        """A timer of the set-up fired."""

    # What a subclass uses.

    @property
    def _caller(self) -> Leg:
        return self._legs[CALLER_LEG - 1]

    def _do(self, *commands: Command) -> None:
        self._commands.extend(commands)

    def _note(self, change: CallChange) -> None:
        self._version += 1
        self._is_changed = False
        self._do(Note(self.snapshot(), change))

    def _live_leg(self, number: int) -> Leg | None:
        if not CALLER_LEG <= number <= len(self._legs):
            return None
        leg = self._legs[number - 1]
        return leg if leg.is_live else None

    def _live_callees(self) -> list[Leg]:
        return [leg for leg in self._legs[CALLER_LEG:] if leg.is_live]

    def _dial(self, target: Target, seconds: int, shown: str, reason: StepReason, round_: int = 1) -> None:
        leg = Leg(len(self._legs) + 1, target.address, Side.CALLEE, self._now, target.label, reason, round_)
        self._legs.append(leg)
        self._is_changed = True
        self._do(Dial(leg.number, target.address, seconds, shown))

    def _note_ringing(self, leg: Leg) -> None:
        if leg.rang_at is None and leg.answered_at is None:
            leg.rang_at = self._now
            self._is_changed = True

    def _finish_leg(self, leg: Leg, result: LegResult, end: LegEnd) -> None:
        leg.finish(result, end, self._now)
        self._is_changed = True

    def _cancel(self, leg: Leg, result: LegResult, end: LegEnd) -> None:
        self._finish_leg(leg, result, end)
        self._do(CancelLeg(leg.number, result))

    def _cancel_callees(self, result: LegResult, end: LegEnd) -> None:
        for leg in self._live_callees():
            self._cancel(leg, result, end)

    def _connect(self, partner: Leg, *, record: bool) -> None:
        """Both sides are on the line: bridge them and begin to record."""
        self._phase = Phase.TALKING
        self._partner = partner
        self._callee = partner.address
        self._talk_started_at = self._now
        self._do(Bridge(partner.number))
        if record:
            self._record = Record.RUNNING
            self._do(StartRecording())
        self._note(CallChange.ANSWERED)

    def _finish(self, outcome: CallOutcome) -> None:
        self._phase = Phase.ENDED
        self._ended_at = self._hung_up_at or self._now
        self._outcome = outcome
        self._do(HangUp())
        self._note(CallChange.FINISHED)

    # The common part of a call's life.

    def _take(self, event: Event) -> None:
        if self._phase is Phase.NEW:
            if self._begin(event):
                self._phase = Phase.SETUP
            return
        match event:
            case RecordingFinished():
                self._keep_record()
            case RecordingFailed():
                self._lose_record()
            case TimerFired(name=name):
                self._fire(name)
            case SwitchLost():
                self._lose_switch()
            case _:
                self._go_on(event)

    def _go_on(self, event: Event) -> None:
        if self._phase is Phase.SETUP:
            self._set_up(event)
        elif self._phase is Phase.TALKING:
            self._talk(event)

    def _talk(self, event: Event) -> None:
        match event:
            case CallerGone() | LegEnded(leg=1):
                self._end_talk(LegEnd.CALLER_HUNG_UP)
            case LegEnded(leg=number) if self._partner and number == self._partner.number:
                self._end_talk(LegEnd.CALLEE_HUNG_UP)
            case HangUpOrdered():
                self._end_talk(LegEnd.ORDERED)

    def _end_talk(self, end: LegEnd) -> None:
        for leg in self._legs:
            if leg.is_live:
                self._finish_leg(leg, LegResult.ANSWERED, end)
        self._hung_up_at = self._now
        if self._record is not Record.RUNNING:
            self._finish(CallOutcome.ANSWERED)
            return
        self._phase = Phase.CLOSING
        self._record = Record.STOPPING
        self._do(
            StopRecording(),
            SetTimer(_RECORD_WAIT_TIMER, self._now + RECORD_WAIT),
            SetTimer(_RECORD_LOST_TIMER, self._now + RECORD_GIVEN_UP),
        )

    def _fire(self, name: str) -> None:
        if name == _RECORD_LOST_TIMER:
            self._lose_record()
        elif name == _RECORD_WAIT_TIMER and self._phase is Phase.CLOSING:
            self._finish(CallOutcome.ANSWERED)
        elif self._phase is Phase.SETUP:
            self._time_over(name)

    def _keep_record(self) -> None:
        if self._record not in (Record.RUNNING, Record.STOPPING):
            return
        self._record = Record.KEPT
        if self._phase is Phase.CLOSING:
            self._finish(CallOutcome.ANSWERED)
        self._note(CallChange.RECORDED)

    def _lose_record(self) -> None:
        if self._record not in (Record.RUNNING, Record.STOPPING):
            return
        self._record = Record.LOST
        self._is_changed = True
        if self._phase is Phase.CLOSING:
            self._finish(CallOutcome.ANSWERED)

    def _lose_switch(self) -> None:
        if self._phase is Phase.ENDED:
            return
        for leg in self._legs:
            if leg.is_live:
                self._finish_leg(leg, LegResult.INTERRUPTED, LegEnd.SWITCH_LOST)
        if self._record is not Record.KEPT:
            self._record = Record.LOST
        self._phase = Phase.ENDED
        self._ended_at = self._hung_up_at or self._now
        self._outcome = CallOutcome.ANSWERED if self._talk_started_at else CallOutcome.INTERRUPTED
        self._note(CallChange.FINISHED)
