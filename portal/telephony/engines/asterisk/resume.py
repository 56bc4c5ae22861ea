"""A machine for a call that an earlier life began."""

from __future__ import annotations

from portal.telephony.control.incoming import IncomingCallMachine
from portal.telephony.control.machine import CallMachine
from portal.telephony.control.outgoing import OutgoingCallMachine
from portal.telephony.engine import CallKind, CallSnapshot, IncomingCall, OutgoingCall


def machine_for(call: CallSnapshot, switch: str) -> CallMachine:
    """One that has heard nothing yet: its `resume` comes first."""
    if call.kind is CallKind.INCOMING:
        arrived = IncomingCall(call.account_id, call.api_call_id, call.caller, call.did or "", call.started_at)
        return IncomingCallMachine(arrived, switch)
    ordered = OutgoingCall(call.account_id, call.api_call_id, call.caller, call.callee or "", call.started_at, call.did)
    return OutgoingCallMachine(ordered, switch)
