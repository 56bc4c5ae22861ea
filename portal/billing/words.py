"""What postings are called."""

from __future__ import annotations

from portal.billing.models import EntryKind
from portal.kernel.i18n import gettext as _
from portal.telephony.engine import CallKind


def entry_labels() -> dict[str, str]:
    """What each kind of posting is called."""
    return {
        EntryKind.PAYMENT: _("Payment"),
        EntryKind.CALL: _("Call"),
        EntryKind.FEE: _("Monthly fee"),
        EntryKind.CORRECTION: _("Correction"),
    }


def sum_labels() -> dict[str, str]:
    """What all postings of a kind together are called."""
    return {
        EntryKind.PAYMENT: _("Payments"),
        EntryKind.CALL: _("Calls"),
        EntryKind.FEE: _("Monthly fees"),
        EntryKind.CORRECTION: _("Corrections"),
    }


def direction_labels() -> dict[str, str]:
    """What each kind of call is called."""
    return {
        CallKind.INCOMING: _("incoming"),
        CallKind.OUTGOING: _("outgoing"),
        CallKind.INTERNAL: _("internal"),
    }
