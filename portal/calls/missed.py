"""Which calls nobody took: an incoming call in which nobody talked to the caller, for whatever reason of ours.

The account's hours excuse nobody from calling back; a number of the blacklist is not waited for.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement

from portal.calls.logged import LoggedCall
from portal.calls.models import CallRecord
from portal.telephony.engine import CallKind, CallOutcome

_OUTCOMES = (CallOutcome.MISSED, CallOutcome.CLOSED, CallOutcome.FAILED, CallOutcome.INTERRUPTED)


def is_missed(call: CallRecord | LoggedCall) -> bool:
    """Whether somebody called in vain; False while the call lasts."""
    return call.kind == CallKind.INCOMING and call.answered_at is None and call.outcome in _OUTCOMES


def missed_calls() -> tuple[ColumnElement[bool], ...]:
    """The same as conditions of a query for calls."""
    return (
        CallRecord.kind == CallKind.INCOMING,
        CallRecord.answered_at.is_(None),
        CallRecord.outcome.in_(_OUTCOMES),
    )
