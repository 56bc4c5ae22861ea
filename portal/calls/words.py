"""The words of calls in the reader's language, and the signs that go with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

from portal.kernel import clock
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.i18n import lazy_gettext as _l
from portal.telephony.engine import CallKind, CallOutcome, LegResult, Side
from portal.telephony.plan import SkipReason, StepReason
from portal.web.filters import duration


@dataclass(frozen=True, slots=True)
class Sign:
    """A word with the tone and the icon of its badge: never colour alone."""

    word: str
    tone: str = ""
    icon: str | None = None


_DIRECTIONS = {
    CallKind.INCOMING: ("in", _l("incoming")),
    CallKind.OUTGOING: ("out", _l("outgoing")),
    CallKind.INTERNAL: ("internal", _l("internal")),
}
_OUTCOMES = {
    CallOutcome.ANSWERED: (_l("answered"), "good", "answered"),
    CallOutcome.MISSED: (_l("missed"), "bad", "missed"),
    CallOutcome.BUSY: (_l("busy"), "wait", "hang-up"),
    CallOutcome.NO_ANSWER: (_l("no answer"), "wait", "hang-up"),
    CallOutcome.FAILED: (_l("failed"), "bad", "error"),
    CallOutcome.CLOSED: (_l("outside working hours"), "wait", "calendar"),
    CallOutcome.BLOCKED: (_l("on the blacklist"), "", "ban"),
    CallOutcome.INTERRUPTED: (_l("interrupted"), "bad", "offline"),
}
_RESULTS = {
    LegResult.ANSWERED: (_l("answered"), "good", "answered"),
    LegResult.NO_ANSWER: (_l("no answer"), "wait", "clock"),
    LegResult.BUSY: (_l("busy"), "wait", "ban"),
    LegResult.OFFLINE: (_l("not registered"), "wait", "offline"),
    LegResult.DECLINED: (_l("declined"), "wait", "hang-up"),
    LegResult.ANSWERED_ELSEWHERE: (_l("answered by another"), "", "users"),
    LegResult.CALLER_GAVE_UP: (_l("the caller gave up"), "bad", "missed"),
    LegResult.FAILED: (_l("failed"), "bad", "error"),
    LegResult.INTERRUPTED: (_l("interrupted"), "bad", "offline"),
}
_REASONS = {
    StepReason.OWNER: _l("looks after the contact"),
    StepReason.HUNT: _l("takes new contacts"),
    StepReason.FALLBACK: _l("when nobody answers"),
    StepReason.CALLEE: _l("was called"),
}
_SOURCES = {
    "address-book": _l("the address book"),
    "last-talk": _l("who talked last"),
    "lookup": _l("the CRM"),
}
_SKIPPED = {
    SkipReason.OFFLINE: _l("not registered"),
    SkipReason.BUSY: _l("busy"),
    SkipReason.OFF_DUTY: _l("off duty"),
    SkipReason.ALREADY_RUNG: _l("rung already"),
    SkipReason.NO_PHONE: _l("has no SIP account"),
    SkipReason.OWN_CALL: _l("makes this call from a mobile"),
}


def direction_word(kind: str) -> str:
    """Which way a call goes."""
    return _direction_word(kind, language().code)


@cache
def _direction_word(kind: str, _language: str) -> str:
    return str(_DIRECTIONS[CallKind(kind)][1])


@cache
def direction_icon(kind: str) -> str:
    """The name that the macro `direction` knows the kind by."""
    return _DIRECTIONS[CallKind(kind)][0]


def outcome_word(outcome: str) -> str:
    """What came of a finished call."""
    return str(_OUTCOMES[CallOutcome(outcome)][0])


def outcome_sign(outcome: str | None) -> Sign:
    """The badge of a call's outcome; a call that lasts has one too."""
    return _outcome_sign(outcome, language().code)


def waited(seconds: int | None) -> str:
    """How long a caller waited, under the length of the talk."""
    return _waited(seconds, language().code)


@lru_cache(4096)
def _waited(seconds: int | None, _language: str) -> str:
    return _("waited %(time)s", time=duration(seconds))


@cache
def _outcome_sign(outcome: str | None, _language: str) -> Sign:
    if outcome is None:
        return Sign(_("in progress"), "info", "ringing")
    word, tone, icon = _OUTCOMES[CallOutcome(outcome)]
    return Sign(str(word), tone, icon)


def result_sign(result: str | None, side: str) -> Sign:
    """What came of one leg."""
    if result is None:
        return Sign(_("on the line"), "info", "ringing")
    if side == Side.CALLER and result == LegResult.ANSWERED:
        return Sign(_("talked"), "good", "answered")
    word, tone, icon = _RESULTS[LegResult(result)]
    return Sign(str(word), tone, icon)


def reason_word(reason: str | None) -> str:
    """Why somebody is rung; nothing for the caller."""
    return str(_REASONS[StepReason(reason)]) if reason else ""


def source_word(source: str) -> str:
    """Who said that a CRM user looks after a caller."""
    return str(_SOURCES.get(source, source))


def skip_word(reason: str) -> str:
    """Why somebody was not rung."""
    return str(_SKIPPED[SkipReason(reason)])


def lasting(since: datetime) -> str:
    """How long something has gone on: `0:12`."""
    return duration(max(0, int((clock.now() - since).total_seconds())))


FILTERS: dict[str, Callable[..., object]] = {
    "call_direction": direction_word,
    "call_direction_icon": direction_icon,
    "call_outcome": outcome_sign,
    "waited": waited,
    "leg_result": result_sign,
    "ring_reason": reason_word,
    "skip_reason": skip_word,
    "source_word": source_word,
    "lasting": lasting,
}
"""For templates of every room that shows calls."""
