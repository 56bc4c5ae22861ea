"""A true record of a call whose end nobody saw, since the engine or its switch was gone."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from portal.telephony.engine import CallOutcome, CallSnapshot, LegEnd, LegResult, LegSnapshot


def close_interrupted(call: CallSnapshot, at: datetime, *, has_recording: bool = False) -> CallSnapshot:
    """The FINISHED snapshot of a call that was open when the engine was lost at `at`.

    `at` is the last moment at which the call can have been up (where the true end is not known: the last
    sign of life of the engine, or the restart). ANSWERED where the two had talked, else INTERRUPTED. Where
    all legs had ended already, the call ended with the last of them. A finished call comes back as it is.
    """
    if call.outcome is not None:
        return call
    legs = tuple(_close_leg(leg, at) for leg in call.legs)
    has_ended_before = bool(call.legs) and all(leg.ended_at is not None for leg in call.legs)
    last_end = max((leg.ended_at for leg in legs if leg.ended_at is not None), default=at)
    return replace(
        call,
        legs=legs,
        ended_at=last_end if has_ended_before else max(at, last_end, call.started_at),
        outcome=CallOutcome.INTERRUPTED if call.talk_started_at is None else CallOutcome.ANSWERED,
        has_recording=has_recording,
        version=call.version + 1,
    )


def _close_leg(leg: LegSnapshot, at: datetime) -> LegSnapshot:
    if leg.ended_at is not None:
        return leg
    latest = max(each for each in (leg.started_at, leg.rang_at, leg.answered_at, at) if each is not None)
    result = LegResult.INTERRUPTED if leg.answered_at is None else LegResult.ANSWERED
    return replace(leg, ended_at=latest, result=result, end=LegEnd.SWITCH_LOST)


def note_what_is_left(
    call: CallSnapshot, alive: Collection[int], answered: Collection[int], at: datetime
) -> CallSnapshot:
    """An open call, with what a switch says of its legs: which are `alive`, and which of those have `answered` by now.

    A leg that is gone ended at `at` at the latest; one that answered while nobody watched did so at `at`.
    """

    def note(leg: LegSnapshot) -> LegSnapshot:
        if leg.number not in alive:
            return _close_leg(leg, at)
        if leg.number in answered and leg.answered_at is None:
            return replace(leg, answered_at=max(leg.rang_at or leg.started_at, at))
        return leg

    return replace(call, legs=tuple(note(leg) for leg in call.legs))
