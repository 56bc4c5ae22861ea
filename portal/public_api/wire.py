"""The contract's words: the sixteen fields of a call and what our names for things are called on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import NamedTuple

from portal.kernel.clock import to_unix
from portal.kernel.money import exact
from portal.telephony.engine import CallKind

SERVICE_NAMES: Mapping[str, str] = {
    CallKind.INCOMING: "ivr",
    CallKind.OUTGOING: "sip_outcome",
    CallKind.INTERNAL: "sip_internal",
}
PARAMETERS: Mapping[str, str] = {"caller": "num_a", "callee": "num_b", "did": "num_m"}
"""What the fields of our services are called outside."""
_NULL = "null"


class WireCall(NamedTuple):
    """What a call object is made of; durations in whole seconds, None where it is not known."""

    started_at: datetime
    account_id: int
    kind: str
    caller: str | None
    caller_name: str | None
    did: str | None
    callee: str | None
    callee_name: str | None
    caller_leg_seconds: int | None
    callee_leg_seconds: int | None
    talk_seconds: int | None
    caller_wait_seconds: int | None
    callee_wait_seconds: int | None
    record_name: str | None
    price: Decimal | None
    api_call_id: str


def call_json(call: WireCall) -> str:
    """A call object as JSON text: exactly the contract's keys in its order; the price an exact JSON number."""
    return (
        f'{{"abonent_id":{call.account_id},"setup_time":{to_unix(call.started_at)}'
        f',"service_name":"{SERVICE_NAMES[call.kind]}"'
        f',"num_a":{_text(call.caller)},"code_name_num_a":{_text(call.caller_name)}'
        f',"num_m":{_text(call.did)}'
        f',"num_b":{_text(call.callee)},"code_name_num_b":{_text(call.callee_name)}'
        f',"num_a_connection_time":{_whole(call.caller_leg_seconds)}'
        f',"num_b_connection_time":{_whole(call.callee_leg_seconds)}'
        f',"connection_time":{_whole(call.talk_seconds)}'
        f',"num_a_waiting_time":{_whole(call.caller_wait_seconds)}'
        f',"num_b_waiting_time":{_whole(call.callee_wait_seconds)}'
        f',"recorder_file":{_text(call.record_name)}'
        f',"price":{_NULL if call.price is None else exact(call.price)}'
        f',"api_call_id":"{call.api_call_id}"}}'
    )


def _text(value: str | None) -> str:
    """What is not known is null, never an empty text."""
    return quoted(value) if value else _NULL


def _whole(value: int | None) -> str:
    return _NULL if value is None else str(value)
