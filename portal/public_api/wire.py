"""The contract's words: the sixteen fields of a call, and how parameters are read. Nothing else spells them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from portal.calls.models import CallRecord
from portal.kernel import phone
from portal.kernel.clock import from_unix, to_unix
from portal.kernel.errors import Refused
from portal.telephony.engine import CallKind

SERVICE_NAMES = {CallKind.INCOMING: "ivr", CallKind.OUTGOING: "sip_outcome", CallKind.INTERNAL: "sip_internal"}
_LATEST = 4_102_444_800  # 2100-01-01
_NULL = "null"


def call_json(call: CallRecord, recorder_file: str | None) -> str:
    """A call object as JSON text: exactly the contract's keys in its order; the price an exact JSON number."""
    text = json.dumps
    fields = (
        ("abonent_id", str(call.account_id)),
        ("setup_time", str(to_unix(call.started_at))),
        ("service_name", text(SERVICE_NAMES[CallKind(call.kind)])),
        ("num_a", text(call.caller or None)),
        ("code_name_num_a", text(call.caller_name, ensure_ascii=False)),
        ("num_m", text(call.did)),
        ("num_b", text(call.callee)),
        ("code_name_num_b", text(call.callee_name, ensure_ascii=False)),
        ("num_a_connection_time", text(call.caller_leg_seconds)),
        ("num_b_connection_time", text(call.callee_leg_seconds)),
        ("connection_time", text(call.talk_seconds)),
        ("num_a_waiting_time", text(call.caller_wait_seconds)),
        ("num_b_waiting_time", text(call.callee_wait_seconds)),
        ("recorder_file", text(recorder_file)),
        ("price", _NULL if call.price is None else amount(call.price)),
        ("api_call_id", text(call.api_call_id)),
    )
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields) + "}"


def amount(value: Decimal) -> str:
    """An exact decimal with at least two places: `1.80`, `0.0125`."""
    text = f"{value.normalize():f}"
    whole, _, places = text.partition(".")
    return f"{whole}.{places:0<2}"


def address(name: str, value: str) -> str:
    """An SIP name or a number, however it is written. Raises `Refused` naming the parameter."""
    value = value.strip()
    if phone.is_sip(value) or phone.is_universal(value):
        return value
    try:
        return phone.normalise(value)
    except Refused:
        raise Refused(
            f"{name} must be an SIP account like SIP/00000000672 or a number like 74951234567.", name
        ) from None


def call_id(value: str) -> str:
    """An id of a call. Raises `Refused` for anything but 32 hexadecimal digits."""
    if len(value) != 32 or any(char not in "0123456789abcdef" for char in value):
        raise Refused("api_call_id must have 32 hexadecimal digits in small letters.", "api_call_id")
    return value


def moment(name: str, value: str) -> datetime:
    """UNIX seconds, or ISO 8601 (without an offset: UTC). Raises `Refused` naming the parameter."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) <= 10 and int(value) < _LATEST:
        return from_unix(int(value))
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise Refused(f"{name} must be UNIX seconds or ISO 8601, for example 2026-11-23T10:00:00+03:00.", name) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def whole_number(name: str, value: str, low: int, high: int) -> int:
    """A whole number between two bounds. Raises `Refused` naming the parameter."""
    if not (value.isascii() and value.isdigit() and len(value) <= 9 and low <= int(value) <= high):
        raise Refused(f"{name} must be a whole number from {low} to {high}.", name)
    return int(value)
