"""The world outside: people who call our numbers, and numbers that we call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from portal.telephony.control.events import CallerGone, Event
from portal.telephony.engines.sandbox.lines import Habit, PhoneSettings
from portal.telephony.engines.timeline import Appointment, Timeline


@dataclass(frozen=True, slots=True)
class CallerScript:
    """What somebody who calls us does: gives up after `patience_seconds` without an answer, talks, hangs up."""

    patience_seconds: float = 120.0
    talk_seconds: float = 20.0


class CallerLine:
    """A caller from outside, waiting from the moment it is made."""

    def __init__(self, script: CallerScript, timeline: Timeline, tell: Callable[[Event], None]) -> None:
        self._script = script
        self._timeline = timeline
        self._tell = tell
        self._leaving = self._leave_after(script.patience_seconds)

    def talk(self) -> None:
        self._leaving.cancel()
        self._leaving = self._leave_after(self._script.talk_seconds)

    def hang_up(self) -> None:
        self._leaving.cancel()

    def _leave_after(self, seconds: float) -> Appointment:
        return self._timeline.call_at(
            self._timeline.now() + timedelta(seconds=seconds), lambda: self._tell(CallerGone())
        )


_BY_LAST_DIGIT = {
    "7": PhoneSettings(Habit.BUSY),
    "8": PhoneSettings(Habit.NO_ANSWER),
    "9": PhoneSettings(Habit.DECLINES, answers_after=(4.0, 4.0)),
}


def outside_party(number: str) -> PhoneSettings:
    """How a number that is called behaves, by its last digit, so that anybody can choose what happens.

    7 is busy, 8 does not answer, 9 declines after four seconds; 0 to 6 answer after two seconds and as
    many more as the digit says, and hang up after 15 to 60 seconds of talk.
    """
    last = number[-1:]
    if last in _BY_LAST_DIGIT:
        return _BY_LAST_DIGIT[last]
    wait = 2.0 + int(last or "0")
    return PhoneSettings(Habit.ANSWERS, answers_after=(wait, wait), hangs_up_after=(15.0, 60.0))
