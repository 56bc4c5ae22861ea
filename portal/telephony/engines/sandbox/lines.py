"""A dialled party's part in one call: it rings, answers, talks and hangs up as its settings say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random
from typing import Protocol

from portal.telephony.control.events import Event, LegAnswered, LegEnded, LegRinging
from portal.telephony.engine import LegResult
from portal.telephony.engines.sandbox.chance import Span, within
from portal.telephony.engines.timeline import Act, Appointment, Timeline

NETWORK_DELAY = 0.05
"""Seconds until a dialled party rings or refuses."""


class Habit(StrEnum):
    """What a party does when it is called."""

    ANSWERS = "answers"
    NO_ANSWER = "no_answer"
    DECLINES = "declines"
    BUSY = "busy"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """How a phone, or a party outside, behaves. Spans are seconds.

    `answers_after` is counted from the first ring (declining takes as long); `hangs_up_after` from the
    begin of the talk, None leaves that to the other side.
    """

    habit: Habit = Habit.ANSWERS
    answers_after: Span = (2.0, 6.0)
    hangs_up_after: Span | None = (20.0, 90.0)


class Line(Protocol):
    """One side of a call."""

    def talk(self) -> None:
        """The other side can be heard from now on."""
        ...

    def hang_up(self) -> None:
        """The switch ends it: the line says nothing any more."""
        ...


class LineState(StrEnum):
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class DialledLine:
    """Tells the call (by `tell`) what becomes of leg `leg`, and its phone (by `changed`) each new state."""

    def __init__(
        self,
        leg: int,
        settings: PhoneSettings,
        timeline: Timeline,
        chance: Random,
        tell: Callable[[Event], None],
        changed: Callable[["DialledLine"], None] = lambda _line: None,
    ) -> None:
        self.state = LineState.RINGING
        self._leg = leg
        self._settings = settings
        self._timeline = timeline
        self._chance = chance
        self._tell = tell
        self._changed = changed
        self._next: Appointment | None = None

    def ring(self) -> None:
        """Begin as one who is called."""
        refusal = {Habit.OFFLINE: LegResult.OFFLINE, Habit.BUSY: LegResult.BUSY}.get(self._settings.habit)
        self._after(NETWORK_DELAY, self._ring if refusal is None else lambda: self._end(refusal))

    def lift(self) -> None:
        """Begin as one who calls: off the hook."""
        self._set(LineState.ANSWERED)

    def talk(self) -> None:
        if self._settings.hangs_up_after is not None:
            self._after(within(self._settings.hangs_up_after, self._chance), lambda: self._end(LegResult.ANSWERED))

    def hang_up(self) -> None:
        if self._next is not None:
            self._next.cancel()
        self._set(LineState.ENDED)

    def _ring(self) -> None:
        wait = within(self._settings.answers_after, self._chance)
        if self._settings.habit is Habit.ANSWERS:
            self._after(wait, self._answer)
        elif self._settings.habit is Habit.DECLINES:
            self._after(wait, lambda: self._end(LegResult.DECLINED))
        self._tell(LegRinging(self._leg))

    def _answer(self) -> None:
        self._set(LineState.ANSWERED)
        self._tell(LegAnswered(self._leg))

    def _end(self, result: LegResult) -> None:
        self._set(LineState.ENDED)
        self._tell(LegEnded(self._leg, result))

    def _set(self, state: LineState) -> None:
        if state is not self.state:
            self.state = state
            self._changed(self)

    def _after(self, seconds: float, act: Act) -> None:
        self._next = self._timeline.call_at(self._timeline.now() + timedelta(seconds=seconds), act)
