"""A call from outside: rings through the steps of its plan, then through the fallback of the cause."""

from datetime import timedelta

from portal.telephony.control.commands import Announce, AnswerCaller, RingCaller, SetTimer
from portal.telephony.control.events import (
    AnnouncementFinished,
    Arrived,
    CallerGone,
    Event,
    HangUpOrdered,
    LegAnswered,
    LegEnded,
    LegRinging,
    Routed,
)
from portal.telephony.control.hunt import Hunt, Track, cause_of
from portal.telephony.control.legs import CALLER_LEG, Leg, dial_result
from portal.telephony.control.machine import CallMachine
from portal.telephony.engine import CallChange, CallKind, CallOutcome, IncomingCall, LegEnd, LegResult, Side
from portal.telephony.plan import Fallback, FallbackCause, RoutePlan, plan_for_engine_error

ROUTING_LIMIT = timedelta(seconds=10)
"""A planner that has not answered by then counts as an engine error."""

ANNOUNCEMENT_LIMIT = timedelta(seconds=60)
"""An announcement that has not ended by then is cut off."""

_ROUTING_TIMER = "routing"
_ANNOUNCEMENT_TIMER = "announcement"

_OUTCOMES = {
    FallbackCause.BLACKLISTED: CallOutcome.BLOCKED,
    FallbackCause.CLOSED: CallOutcome.CLOSED,
    FallbackCause.ENGINE_ERROR: CallOutcome.FAILED,
}
_REFUSALS = (FallbackCause.BLACKLISTED, FallbackCause.CLOSED)


class IncomingCallMachine(CallMachine):
    """Starts with `Arrived`, goes on with `Routed`. The caller is not answered before a phone answers."""

    def __init__(self, call: IncomingCall, switch: str) -> None:
        caller = Leg(CALLER_LEG, call.caller, Side.CALLER, call.arrived_at)
        super().__init__(CallKind.INCOMING, call.account_id, call.api_call_id, switch, caller)
        self._did = call.did
        self._plan: RoutePlan | None = None
        self._tracks: list[Track] = []
        self._rings = 0
        self._announcement: str | None = None
        self._is_announcing = False

    def _begin(self, event: Event) -> bool:
        if not isinstance(event, Arrived):
            return False
        self._note(CallChange.STARTED)
        self._do(RingCaller(), SetTimer(_ROUTING_TIMER, self._now + ROUTING_LIMIT))
        return True

    def _resume_set_up(self, answered: Leg | None) -> None:
        if answered is not None:
            self._answer(answered)
            return
        self._fallback = None
        self._cancel_callees(LegResult.INTERRUPTED, LegEnd.SWITCH_LOST)
        self._do(RingCaller(), SetTimer(_ROUTING_TIMER, self._now + ROUTING_LIMIT))

    def _set_up(self, event: Event) -> None:
        match event:
            case Routed(plan=plan) if self._plan is None:
                self._follow(plan)
            case CallerGone() | LegEnded(leg=1):
                self._give_up(LegResult.CALLER_GAVE_UP, LegEnd.CALLER_HUNG_UP)
            case LegRinging() | LegAnswered() | LegEnded():
                self._hear_of_phone(event)
            case HangUpOrdered():
                self._give_up(LegResult.NO_ANSWER, LegEnd.ORDERED)
            case AnnouncementFinished() if self._is_announcing:
                self._give_up_in_vain()

    def _hear_of_phone(self, event: LegRinging | LegAnswered | LegEnded) -> None:
        leg = self._live_leg(event.leg)
        if leg is None or leg is self._caller:
            return
        match event:
            case LegRinging():
                self._note_ringing(leg)
            case LegAnswered():
                self._answer(leg)
            case LegEnded(result=result):
                self._finish_leg(leg, dial_result(result), LegEnd.PHONE_ENDED)
                for track in self._tracks_of(leg):
                    if not self._live_legs(track):
                        self._ring_next(track)

    def _time_over(self, name: str) -> None:
        if name == _ROUTING_TIMER and self._plan is None:
            self._follow(plan_for_engine_error(Fallback()))
        elif name == _ANNOUNCEMENT_TIMER and self._is_announcing:
            self._give_up_in_vain()
        else:
            for track in [each for each in self._tracks if each.timer == name]:
                self._end_ring(track)

    def _end_ring(self, track: Track) -> None:
        end = LegEnd.TOTAL_LIMIT if track.ring is not None and track.ring.is_cut else LegEnd.RING_TIME_OVER
        for leg in self._live_legs(track):
            self._cancel(leg, LegResult.NO_ANSWER, end)
        self._ring_next(track)

    def _tracks_of(self, leg: Leg) -> list[Track]:
        return [track for track in self._tracks if leg.number in track.legs]

    def _live_legs(self, track: Track) -> list[Leg]:
        return [leg for leg in self._live_callees() if leg.number in track.legs]

    def _follow(self, plan: RoutePlan) -> None:
        self._plan, self._known_by = plan, plan.known_by
        self._skipped.extend(plan.skipped)
        self._is_changed = True
        if plan.opening is not None:
            self._fall_back(plan, plan.opening)
            return
        limit = self._started_at + timedelta(seconds=plan.total_seconds)
        rung: set[tuple[int, str]] = set()
        self._go([Track(Hunt(steps, limit, rung)) for steps in (plan.beside, plan.steps)])

    def _go(self, tracks: list[Track]) -> None:
        self._tracks = list(tracks)
        for track in tracks:
            self._ring_next(track)

    def _ring_next(self, track: Track) -> None:
        already_skipped = len(track.hunt.skipped)
        track.ring = track.hunt.next_ring(self._now, {leg.address for leg in self._live_callees()})
        self._skipped.extend(track.hunt.skipped[already_skipped:])
        if track.ring is None:
            self._tracks.remove(track)
            if not self._tracks:
                self._after_steps()
            return
        self._rings += 1
        track.timer = f"ring-{self._rings}"
        for target in track.ring.targets:
            self._dial(target, track.ring.seconds, self._caller.address, track.ring.reason, track.ring.round)
            track.legs.add(self._legs[-1].number)
        self._do(SetTimer(track.timer, track.ring.ends_at))

    def _after_steps(self) -> None:
        if self._plan is not None and self._fallback is None:
            results = [leg.result for leg in self._legs[CALLER_LEG:]]
            self._fall_back(self._plan, cause_of(results, self._skipped))
        elif self._announcement is not None:
            self._is_announcing = True
            self._do(Announce(self._announcement), SetTimer(_ANNOUNCEMENT_TIMER, self._now + ANNOUNCEMENT_LIMIT))
        else:
            self._give_up_in_vain()

    def _fall_back(self, plan: RoutePlan, cause: FallbackCause) -> None:
        self._fallback = cause
        self._is_changed = True
        fallback = plan.fallback(cause)
        self._announcement = fallback.announcement
        self._go([Track(Hunt(fallback.steps))])

    def _answer(self, winner: Leg) -> None:
        winner.answered_at = self._caller.answered_at = self._now
        for leg in self._live_callees():
            if leg is not winner:
                self._cancel(leg, LegResult.ANSWERED_ELSEWHERE, LegEnd.ANSWERED_ELSEWHERE)
        self._do(AnswerCaller())
        # Without a plan an earlier life has rung this phone, and would have recorded.
        self._connect(winner, record=self._plan is None or self._plan.record)

    def _give_up_in_vain(self) -> None:
        """Nobody took the call, or nobody was to: the switch ends it."""
        end = LegEnd.REFUSED if self._fallback in _REFUSALS else LegEnd.NOBODY_ANSWERED
        self._give_up(LegResult.NO_ANSWER, end)

    def _give_up(self, result: LegResult, end: LegEnd) -> None:
        self._cancel_callees(result, end)
        self._finish_leg(self._caller, result, end)
        outcome = CallOutcome.MISSED if self._fallback is None else _OUTCOMES.get(self._fallback, CallOutcome.MISSED)
        self._finish(outcome)
