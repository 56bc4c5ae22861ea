"""What the pages of calls show of follow-ups: a chip in the log, the work and its end on the page of one call."""

from __future__ import annotations

from portal.calls.panels import CallPanel
from portal.followups.queries import closed_by, follow_ups_of
from portal.kernel.i18n import gettext as _

FOLLOW_UP_PANEL = CallPanel(
    heading=lambda: _("Call back"),
    load=follow_ups_of,
    load_for_page=closed_by,
    chip="followups/_call_chip.html",
    section="followups/_call_follow_up.html",
    is_left_out_when_unknown=True,
)
