"""What the pages of calls show of follow-ups: a chip in the log, the work and its end on the page of one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.followups.models import FollowUp
from portal.followups.queries import closed_by, follow_ups_of
from portal.kernel.i18n import gettext as _


def _load(calls: Sequence[CallRecord]) -> Mapping[int, FollowUp]:
    found = follow_ups_of(calls)
    if len(calls) == 1 and not found and (closed := closed_by(calls[0])) is not None:
        return {calls[0].id: closed}
    return found


FOLLOW_UP_PANEL = CallPanel(
    heading=lambda: _("Call back"),
    load=_load,
    chip="followups/_call_chip.html",
    section="followups/_call_follow_up.html",
    is_left_out_when_unknown=True,
)
