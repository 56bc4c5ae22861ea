"""The words of follow-ups in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from portal.calls.words import Sign
from portal.followups.models import Closing, FollowUp, Reason
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.filters import timespan

_REASONS = {
    Reason.REACHED_OTHERWISE: _l("reached in another way"),
    Reason.NO_NEED: _l("no need to call back"),
    Reason.NOT_A_CLIENT: _l("not a client"),
    Reason.OTHER: _l("another reason"),
}


def reasons() -> list[tuple[str, str]]:
    """Every reason to close by hand, with its words."""
    return [(reason.value, str(words)) for reason, words in _REASONS.items()]


def reason_word(reason: str) -> str:
    """Why a person closed it."""
    return str(_REASONS[Reason(reason)])


def follow_up_sign(row: FollowUp) -> Sign:
    """What has become of it, and after how long."""
    if row.is_open:
        return Sign(_("overdue"), "bad", "clock") if row.is_overdue else Sign(_("not called back"), "wait", "clock")
    waited = timespan(row.seconds_to_close or 0)
    if row.closing == Closing.CALLED_BACK:
        return Sign(_("called back after %(time)s", time=waited), "good", "outgoing")
    if row.closing == Closing.CLIENT_CALLED:
        return Sign(_("the client got through after %(time)s", time=waited), "good", "answered")
    return Sign(_("closed: %(reason)s", reason=reason_word(row.hand_closing.reason if row.hand_closing else "other")))


FILTERS: dict[str, Callable[..., object]] = {"follow_up": follow_up_sign, "closing_reason": reason_word}
"""For templates of every room that shows follow-ups."""
