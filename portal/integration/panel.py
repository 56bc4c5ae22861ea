"""What this room shows on the page of a call: whether the caller is on the blacklist, and the button for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.kernel import phone
from portal.kernel.i18n import gettext as _
from portal.routing.blacklist import blocked
from portal.telephony.engine import CallKind


def _load(calls: Sequence[CallRecord]) -> Mapping[int, Any]:
    """For calls from outside: the caller's entry, or False."""
    return {
        call.id: blocked(call.caller) or False
        for call in calls
        if call.kind == CallKind.INCOMING and phone.is_universal(call.caller)
    }


BLACKLIST_PANEL = CallPanel(
    lambda: _("Blacklist"), _load, section="integration/_block_caller.html", is_left_out_when_unknown=True
)
