"""The contract's words: the sixteen fields of a call and what our names for things are called on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Any

from portal.kernel.money import exact_scaled
from portal.telephony.engine import CallKind

SERVICE_NAMES: Mapping[str, str] = {
    CallKind.INCOMING: "ivr",
    CallKind.OUTGOING: "sip_outcome",
    CallKind.INTERNAL: "sip_internal",
}
PARAMETERS: Mapping[str, str] = {"caller": "num_a", "callee": "num_b", "did": "num_m"}
"""What the fields of our services are called outside."""
_NULL = "null"
"""What is not known is null, never an empty text."""


def call_json(call: Sequence[Any]) -> str:
    """A call object as JSON text: exactly the contract's keys in its order; the price an exact JSON number.

    `call` begins with the sixteen values in that order: the kind as `CallKind`, moments and durations in whole seconds,
    the price as its column holds it; None or "" where something is not known.
    """
    account, setup, kind, a, a_name, m, b, b_name, a_up, b_up, talk, a_wait, b_wait, record, price, call_id = call[:16]
    return (
        f'{{"abonent_id":{account},"setup_time":{setup},"service_name":"{SERVICE_NAMES[kind]}"'
        f',"num_a":{quoted(a) if a else _NULL},"code_name_num_a":{quoted(a_name) if a_name else _NULL}'
        f',"num_m":{quoted(m) if m else _NULL}'
        f',"num_b":{quoted(b) if b else _NULL},"code_name_num_b":{quoted(b_name) if b_name else _NULL}'
        f',"num_a_connection_time":{_NULL if a_up is None else a_up}'
        f',"num_b_connection_time":{_NULL if b_up is None else b_up}'
        f',"connection_time":{_NULL if talk is None else talk}'
        f',"num_a_waiting_time":{_NULL if a_wait is None else a_wait}'
        f',"num_b_waiting_time":{_NULL if b_wait is None else b_wait}'
        f',"recorder_file":{quoted(record) if record else _NULL}'
        f',"price":{_NULL if price is None else exact_scaled(price)}'
        f',"api_call_id":"{call_id}"}}'
    )
