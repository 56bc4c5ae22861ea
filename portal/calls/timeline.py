"""The legs of a call on a time line: who waited, rang and talked from which second to which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from portal.calls.models import CallLeg, CallRecord
from portal.calls.words import reason_word, result_sign
from portal.kernel import phone
from portal.kernel.i18n import gettext as _
from portal.telephony.engine import CallKind, Side
from portal.web.filters import duration

_STEPS = (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200)
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a leg, in seconds from the call's start. `kind` is `wait`, `ring` or `talk`."""

    kind: str
    start: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark under the time line."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class TimelineLeg:
    """One line of the picture and of its table."""

    leg: CallLeg
    name: str
    note: str
    outcome: str
    tone: str
    icon: str | None
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole picture; `total` is its width in seconds."""

    legs: list[TimelineLeg]
    total: float
    ticks: list[Tick]


def timeline_of(call: CallRecord, now: datetime) -> Timeline:
    """The time line of a call, up to `now` where it has not ended."""
    end = call.ended_at or now
    total = max(1.0, (end - call.started_at).total_seconds())
    return Timeline([_line(call, leg, end) for leg in call.legs], total, list(ticks_of(total)))


def _line(call: CallRecord, leg: CallLeg, end: datetime) -> TimelineLeg:
    name, note = _who(call, leg)
    sign = result_sign(leg.result, leg.side)
    return TimelineLeg(leg, name, note, sign.word, sign.tone, sign.icon, list(_parts(call, leg, end)))


def _who(call: CallRecord, leg: CallLeg) -> tuple[str, str]:
    shown = phone.display(leg.address) or _("number withheld")
    name = leg.label or _code_name(call, leg.address) or ""
    details = [shown if name else "", reason_word(leg.reason)]
    return name or shown, " · ".join(filter(None, details))


def _code_name(call: CallRecord, address: str) -> str | None:
    return {call.caller: call.caller_name, call.callee: call.callee_name}.get(address)


def _parts(call: CallRecord, leg: CallLeg, end: datetime) -> Iterator[Part]:
    """Waiting until it rings, ringing until it is answered, waiting for the other side, talking."""
    ended = leg.ended_at or end
    answered = leg.answered_at or ended
    is_waiting = leg.side == Side.CALLER and call.kind == CallKind.INCOMING
    rings = answered if is_waiting else leg.rang_at or leg.started_at
    talks = max(answered, call.answered_at or ended) if leg.answered_at else ended
    stretches = (
        ("wait", leg.started_at, rings),
        ("ring", rings, answered),
        ("wait", answered, talks),
        ("talk", talks, ended),
    )
    for kind, start, stop in stretches:
        if stop > start:
            yield Part(kind, (start - call.started_at).total_seconds(), (stop - start).total_seconds())


def ticks_of(total: float) -> Iterator[Tick]:
    """Round seconds, six at most, and the end."""
    step = next((step for step in _STEPS if total / step <= _MOST_TICKS), _STEPS[-1])
    for at in range(0, int(total), step):
        if total - at >= step / 2:
            yield Tick(at, duration(at))
    yield Tick(total, duration(round(total)))
