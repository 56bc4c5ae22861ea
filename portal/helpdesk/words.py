"""What the states of a thread are called: to the account, and to the operator."""

from __future__ import annotations

from portal.helpdesk.models import ThreadState
from portal.kernel.i18n import gettext as _

TONES = {ThreadState.OPEN: "wait", ThreadState.ANSWERED: "good", ThreadState.CLOSED: ""}
"""Of their badges."""


def state_labels() -> dict[ThreadState, str]:
    """As badges say it."""
    return {
        ThreadState.OPEN: _("waits for an answer"),
        ThreadState.ANSWERED: _("has an answer"),
        ThreadState.CLOSED: _("closed"),
    }


def inbox_labels() -> dict[ThreadState, str]:
    """As the operator's choice of a state says it."""
    return {
        ThreadState.OPEN: _("Waiting"),
        ThreadState.ANSWERED: _("Answered"),
        ThreadState.CLOSED: _("Closed"),
    }
