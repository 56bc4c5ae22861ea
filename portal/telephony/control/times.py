"""The contract's times of one call, in whole seconds, from what the machine noted.

Each duration is rounded to the nearest second (a half goes up) by itself, so that two of them may differ
by a second from a third although their exact lengths add up.
"""

from dataclasses import dataclass
from datetime import datetime

from portal.telephony.engine import CallSnapshot, LegSnapshot, Side


@dataclass(frozen=True, slots=True)
class CallTimes:
    """A is the caller, B who answered or, on outgoing and internal calls, who was called.

    Connection and talk are 0 where there was none. None means not known: the stretch is not over yet, or
    there is no such leg (nobody answered an incoming call: who would B be?).
    """

    a_connection_seconds: int | None
    b_connection_seconds: int | None
    talk_seconds: int | None
    a_waiting_seconds: int | None
    b_waiting_seconds: int | None


def whole_seconds(start: datetime, end: datetime) -> int:
    """The nearest whole second, never below 0."""
    return max(0, int((end - start).total_seconds() + 0.5))


def call_times(call: CallSnapshot) -> CallTimes:
    """The times of a call at any stage of its life."""
    a, b = _leg_of_a(call), _leg_of_b(call)
    nothing = None if call.ended_at is None else 0
    return CallTimes(
        a_connection_seconds=_connected(a, nothing),
        b_connection_seconds=_connected(b, nothing),
        talk_seconds=_stretch(call.talk_started_at, call.ended_at, nothing),
        a_waiting_seconds=_waited(a),
        b_waiting_seconds=_waited(b),
    )


def _leg_of_a(call: CallSnapshot) -> LegSnapshot | None:
    return next((leg for leg in call.legs if leg.side is Side.CALLER), None)


def _leg_of_b(call: CallSnapshot) -> LegSnapshot | None:
    callees = [leg for leg in call.legs if leg.side is Side.CALLEE]
    answered = next((leg for leg in callees if leg.answered_at is not None), None)
    if answered is not None or call.callee is None:
        return answered
    return next((leg for leg in callees if leg.address == call.callee), None)


def _connected(leg: LegSnapshot | None, nothing: int | None) -> int | None:
    return _stretch(leg.answered_at, leg.ended_at, nothing) if leg else nothing


def _stretch(start: datetime | None, end: datetime | None, nothing: int | None) -> int | None:
    """The seconds between the two; `nothing` where it never began, None where it is not over."""
    if start is None:
        return nothing
    return whole_seconds(start, end) if end is not None else None


def _waited(leg: LegSnapshot | None) -> int | None:
    until = leg and (leg.answered_at or leg.ended_at)
    return whole_seconds(leg.started_at, until) if leg and until else None
