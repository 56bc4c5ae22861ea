"""The words of calls in the reader's language, and the signs that go with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.kernel import clock
from portal.kernel.i18n import gettext as _
from portal.telephony.engine import CallKind, CallOutcome, LegResult, Side
from portal.telephony.plan import SkipReason, StepReason
from portal.web.filters import duration


@dataclass(frozen=True, slots=True)
class Sign:
    """A word with the tone and the icon of its badge: never colour alone."""

    word: str
    tone: str = ""
    icon: str | None = None


def direction_word(kind: str) -> str:
    """Which way a call goes."""
    return {
        CallKind.INCOMING: _("incoming"),
        CallKind.OUTGOING: _("outgoing"),
        CallKind.INTERNAL: _("internal"),
    }[CallKind(kind)]


def direction_icon(kind: str) -> str:
    """The name that the macro `direction` knows the kind by."""
    return {CallKind.INCOMING: "in", CallKind.OUTGOING: "out", CallKind.INTERNAL: "internal"}[CallKind(kind)]


def outcome_word(outcome: str) -> str:
    """What came of a finished call."""
    return {
        CallOutcome.ANSWERED: _("answered"),
        CallOutcome.MISSED: _("missed"),
        CallOutcome.BUSY: _("busy"),
        CallOutcome.NO_ANSWER: _("no answer"),
        CallOutcome.FAILED: _("failed"),
        CallOutcome.CLOSED: _("outside working hours"),
        CallOutcome.INTERRUPTED: _("interrupted"),
    }[CallOutcome(outcome)]


def outcome_sign(outcome: str | None) -> Sign:
    """The badge of a call's outcome; a call that lasts has one too."""
    if outcome is None:
        return Sign(_("in progress"), "info", "ringing")
    tone, icon = {
        CallOutcome.ANSWERED: ("good", "answered"),
        CallOutcome.MISSED: ("bad", "missed"),
        CallOutcome.FAILED: ("bad", "error"),
        CallOutcome.INTERRUPTED: ("bad", "offline"),
        CallOutcome.CLOSED: ("wait", "calendar"),
    }.get(CallOutcome(outcome), ("wait", "hang-up"))
    return Sign(outcome_word(outcome), tone, icon)


def result_sign(result: str | None, side: str) -> Sign:
    """What came of one leg."""
    if result is None:
        return Sign(_("on the line"), "info", "ringing")
    if side == Side.CALLER and result == LegResult.ANSWERED:
        return Sign(_("talked"), "good", "answered")
    return {
        LegResult.ANSWERED: Sign(_("answered"), "good", "answered"),
        LegResult.NO_ANSWER: Sign(_("no answer"), "wait", "clock"),
        LegResult.BUSY: Sign(_("busy"), "wait", "ban"),
        LegResult.OFFLINE: Sign(_("not registered"), "wait", "offline"),
        LegResult.DECLINED: Sign(_("declined"), "wait", "hang-up"),
        LegResult.ANSWERED_ELSEWHERE: Sign(_("answered by another"), "", "users"),
        LegResult.CALLER_GAVE_UP: Sign(_("the caller gave up"), "bad", "missed"),
        LegResult.FAILED: Sign(_("failed"), "bad", "error"),
        LegResult.INTERRUPTED: Sign(_("interrupted"), "bad", "offline"),
    }[LegResult(result)]


def reason_word(reason: str | None) -> str:
    """Why somebody is rung; nothing for the caller."""
    if reason is None:
        return ""
    return {
        StepReason.OWNER: _("looks after the contact"),
        StepReason.HUNT: _("takes new contacts"),
        StepReason.FALLBACK: _("when nobody answers"),
        StepReason.CALLEE: _("was called"),
    }[StepReason(reason)]


def skip_word(reason: str) -> str:
    """Why somebody was not rung."""
    return {
        SkipReason.OFFLINE: _("not registered"),
        SkipReason.BUSY: _("busy"),
        SkipReason.OFF_DUTY: _("off duty"),
        SkipReason.ALREADY_RUNG: _("rung already"),
        SkipReason.NO_PHONE: _("has no SIP account"),
    }[SkipReason(reason)]


def lasting(since: datetime) -> str:
    """How long something has gone on: `0:12`."""
    return duration(max(0, int((clock.now() - since).total_seconds())))


FILTERS: dict[str, Callable[..., object]] = {
    "call_direction": direction_word,
    "call_direction_icon": direction_icon,
    "call_outcome": outcome_sign,
    "leg_result": result_sign,
    "ring_reason": reason_word,
    "skip_reason": skip_word,
    "lasting": lasting,
}
"""For templates of every room that shows calls."""
