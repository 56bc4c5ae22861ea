"""A call that an employee makes: click-to-call (the employee's phone rings first) or dialled on the phone.

To a number it is an outgoing call, to another SIP account an internal one; the rules are the same.
"""

from datetime import timedelta

from portal.telephony.addresses import is_sip_account
from portal.telephony.control.commands import AnswerCaller, Dial, RingCaller, SetTimer
from portal.telephony.control.events import (
    CallerGone,
    Event,
    HangUpOrdered,
    LegAnswered,
    LegEnded,
    LegRinging,
    Ordered,
    PhoneDialled,
)
from portal.telephony.control.legs import CALLER_LEG, Leg, dial_result
from portal.telephony.control.machine import CallMachine
from portal.telephony.engine import CallChange, CallKind, CallOutcome, LegEnd, LegResult, OutgoingCall, Side
from portal.telephony.plan import StepReason, Target

_CALLER_TIMER = "ring-caller"
_CALLEE_TIMER = "ring-callee"

_OUTCOMES = {
    LegResult.BUSY: CallOutcome.BUSY,
    LegResult.DECLINED: CallOutcome.BUSY,  # a caller hears the same tone
    LegResult.OFFLINE: CallOutcome.FAILED,
    LegResult.FAILED: CallOutcome.FAILED,
}


class OutgoingCallMachine(CallMachine):
    """Starts with `Ordered` (A rings, then B is dialled) or with `PhoneDialled` (A waits while B rings)."""

    def __init__(self, call: OutgoingCall, switch: str) -> None:
        caller = Leg(CALLER_LEG, call.caller, Side.CALLER, call.ordered_at)
        kind = CallKind.INTERNAL if is_sip_account(call.callee) else CallKind.OUTGOING
        super().__init__(kind, call.account_id, call.api_call_id, switch, caller)
        self._call = call
        self._did = call.did if kind is CallKind.OUTGOING else None
        self._callee = call.callee

    def _begin(self, event: Event) -> bool:
        match event:
            case Ordered():
                self._note(CallChange.STARTED)
                seconds = self._call.caller_ring_seconds
                self._do(Dial(CALLER_LEG, self._call.caller, seconds, self._call.callee))
                self._do(SetTimer(_CALLER_TIMER, self._now + timedelta(seconds=seconds)))
            case PhoneDialled():
                self._note(CallChange.STARTED)
                self._dial_callee()
            case _:
                return False
        return True

    def _resume_set_up(self, answered: Leg | None) -> None:
        if answered is not None:
            self._answer(answered)
        elif self._live_callees():
            self._do(SetTimer(_CALLEE_TIMER, self._now + timedelta(seconds=self._call.callee_ring_seconds)))
        elif self._is_callee_dialled:
            self._end_unanswered(self._legs[-1].result or LegResult.FAILED)
        elif self._caller.answered_at is not None:
            self._dial_callee()
        else:
            self._do(SetTimer(_CALLER_TIMER, self._now + timedelta(seconds=self._call.caller_ring_seconds)))

    def _set_up(self, event: Event) -> None:
        match event:
            case CallerGone() | HangUpOrdered():
                by_caller = isinstance(event, CallerGone)
                self._stop(LegResult.CALLER_GAVE_UP, LegEnd.CALLER_HUNG_UP if by_caller else LegEnd.ORDERED)
            case LegRinging(leg=number) if leg := self._live_leg(number):
                self._note_ringing(leg)
            case LegAnswered(leg=number) if leg := self._live_leg(number):
                self._answer(leg)
            case LegEnded(leg=number, result=result) if leg := self._live_leg(number):
                self._lose_leg(leg, dial_result(result))

    def _time_over(self, name: str) -> None:
        if name == _CALLER_TIMER and not self._is_callee_dialled:
            self._cancel(self._caller, LegResult.NO_ANSWER, LegEnd.RING_TIME_OVER)
            self._finish(CallOutcome.NO_ANSWER)
        elif name == _CALLEE_TIMER:
            self._cancel_callees(LegResult.NO_ANSWER, LegEnd.RING_TIME_OVER)
            self._end_unanswered(LegResult.NO_ANSWER)

    @property
    def _is_callee_dialled(self) -> bool:
        return len(self._legs) > CALLER_LEG

    def _dial_callee(self) -> None:
        seconds = self._call.callee_ring_seconds
        self._do(RingCaller())
        self._dial(Target(self._call.callee), seconds, self._did or self._call.caller, StepReason.CALLEE)
        self._do(SetTimer(_CALLEE_TIMER, self._now + timedelta(seconds=seconds)))

    def _answer(self, leg: Leg) -> None:
        if leg is not self._caller:
            leg.answered_at = self._now
            if self._caller.answered_at is None:
                self._caller.answered_at = self._now
                self._do(AnswerCaller())
            self._connect(leg, record=self._call.record)
        elif not self._is_callee_dialled:
            leg.answered_at = self._now
            self._dial_callee()

    def _lose_leg(self, leg: Leg, result: LegResult) -> None:
        if leg is not self._caller:
            self._finish_leg(leg, result, LegEnd.PHONE_ENDED)
            self._end_unanswered(result)
        elif self._is_callee_dialled:
            self._stop(LegResult.CALLER_GAVE_UP, LegEnd.CALLER_HUNG_UP)
        else:
            self._finish_leg(leg, result, LegEnd.PHONE_ENDED)
            self._finish(_OUTCOMES.get(result, CallOutcome.NO_ANSWER))

    def _stop(self, result: LegResult, end: LegEnd) -> None:
        """The call is ended before the two talked, by the caller or from the cabinet."""
        self._cancel_callees(result, end)
        if self._caller.answered_at is None and not self._is_callee_dialled:
            self._cancel(self._caller, LegResult.NO_ANSWER, end)
        else:
            self._finish_leg(self._caller, result, end)
        self._finish(CallOutcome.NO_ANSWER)

    def _end_unanswered(self, result: LegResult) -> None:
        self._finish_leg(self._caller, LegResult.NO_ANSWER, LegEnd.NOBODY_ANSWERED)
        self._finish(_OUTCOMES.get(result, CallOutcome.NO_ANSWER))
