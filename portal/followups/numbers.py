"""Whose number makes work: a client's, never a withheld one, an employee's or one of the account's own."""

from __future__ import annotations

from portal.calls.logged import LoggedCall
from portal.calls.models import CallRecord
from portal.contacts.queries import is_mobile_of_employee
from portal.telephony.addresses import is_outside_number
from portal.telephony.engine import CallKind
from portal.telephony.queries import is_own_number


def other_side(call: CallRecord | LoggedCall) -> str | None:
    """The number outside that a call came from or went to (universal format), or None where there is none."""
    number = {CallKind.INCOMING: call.caller, CallKind.OUTGOING: call.callee}.get(CallKind(call.kind))
    return number if number and is_outside_number(number) else None


def is_client(number: str) -> bool:
    """Whether this number outside is nobody's of the account: neither a line of its own nor an employee's mobile."""
    return not is_own_number(number) and not is_mobile_of_employee(number)
