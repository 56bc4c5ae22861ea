"""The provider's words: notices and call objects of the contract, read strictly, since whoever sends may be wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.kernel import phone
from portal.kernel.clock import from_unix, now
from portal.kernel.errors import Refused
from portal.telephony.engine import CallKind
from portal.telephony.engines.provider.facts import CallFacts, Weight

KINDS: Mapping[str, CallKind] = {
    "ivr": CallKind.INCOMING,
    "sip_outcome": CallKind.OUTGOING,
    "sip_internal": CallKind.INTERNAL,
}
CALLER, CALLEE, CALL_ID = "num_a", "num_b", "api_call_id"
NOTICE_FIELDS = (
    "num_a",
    "num_m",
    "num_b",
    "setup_time",
    "connection_time",
    "waiting_time",
    "api_call_id",
    "price",
)
"""What of a notice is kept; code names are our own address book's."""
_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST_SECONDS = 7 * 86_400
_EARLIEST = from_unix(946_684_800)  # the year 2000
_AHEAD = timedelta(hours=1)
"""A provider's clock may be fast by so much."""
_DEAREST = Decimal(10_000_000)
_DECODER = json.JSONDecoder(parse_float=Decimal)
_BLANK = re.compile(r"[\s,]*")


class BadTelling(ValueError):
    """What came is no call; the text says why, short and without any number of a person."""


@dataclass(frozen=True, slots=True)
class CallList:
    """What an answer of `get_calls` holds; `fault` says why it is not whole, "" where it is."""

    calls: list[Any]
    fault: str = ""


def read_list(body: bytes, *, is_cut: bool) -> CallList:
    """Every whole object of the array, up to where it breaks. Raises `BadTelling` for what is no array at all."""
    text = body.decode("utf-8-sig", "replace").strip()
    if not text.startswith("["):
        raise BadTelling("HTML instead of JSON" if text.startswith("<") else "no JSON array")
    calls: list[Any] = []
    place = 1
    while True:
        place = _BLANK.match(text, place).end()  # type: ignore[union-attr] # matches nothing as well
        if text[place : place + 1] == "]":
            return CallList(calls, "cut off" if is_cut else "")
        try:
            found, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError, InvalidOperation):
            return CallList(calls, "cut off" if is_cut or place >= len(text) else "broken JSON")
        calls.append(found)


def read_call(said: Any) -> CallFacts:
    """A call object. Raises `BadTelling`."""
    if not isinstance(said, dict):
        raise BadTelling("a call that is no object")
    kind = KINDS.get(said.get("service_name") or "")
    if kind is None:
        raise BadTelling("an unknown service_name")
    talk = _seconds(said, "connection_time")
    record = said.get("recorder_file")
    return CallFacts(
        upstream_id=read_id(said.get("api_call_id")),
        weight=Weight.LISTED_LIVE if talk is None else Weight.LISTED,
        kind=kind,
        caller=_address(said, "num_a") or "",
        did=_public_number(said),
        callee=_address(said, "num_b"),
        started_at=_moment(said),
        caller_up=_seconds(said, "num_a_connection_time"),
        callee_up=_seconds(said, "num_b_connection_time"),
        talk=talk,
        caller_wait=_seconds(said, "num_a_waiting_time"),
        callee_wait=_seconds(said, "num_b_waiting_time"),
        record=record[:200] if isinstance(record, str) and record else None,
        price=_price(said),
    )


def read_notice(said: Mapping[str, Any]) -> CallFacts:
    """A notice's parameters, of the call's start or, where they hold its times, of its end. Raises `BadTelling`."""
    talk, wait = _seconds(said, "connection_time"), _seconds(said, "waiting_time")
    is_end = talk is not None or wait is not None
    caller, callee = _address(said, "num_a") or "", _address(said, "num_b")
    return CallFacts(
        upstream_id=read_id(said.get("api_call_id")),
        weight=Weight.END_NOTICE if is_end else Weight.START_NOTICE,
        kind=_kind_of_notice(caller, callee),
        caller=caller,
        did=_public_number(said),
        callee=callee,
        started_at=_moment(said),
        caller_up=(talk or 0) if is_end else None,
        callee_up=talk,
        talk=(talk or 0) if is_end else None,
        caller_wait=wait,
        callee_wait=None,
        price=_price(said),
    )


def read_id(value: Any) -> str:
    """An `api_call_id`. Raises `BadTelling`."""
    found = value.lower() if isinstance(value, str) else ""
    if not _ID.fullmatch(found):
        raise BadTelling("an api_call_id that is not 32 hexadecimal digits")
    return found


def read_outcome(body: bytes) -> str:
    """The id that `outcome` answered. Raises `BadTelling`."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise BadTelling("no JSON") from None
    return read_id(said.get("api_call_id") if isinstance(said, dict) else None)


def _kind_of_notice(caller: str, callee: str | None) -> CallKind:
    if not phone.is_sip(caller):
        return CallKind.INCOMING
    return CallKind.INTERNAL if phone.is_sip(callee or "") else CallKind.OUTGOING


def _address(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > 48:
        raise BadTelling(f"{name} is no number")
    if phone.is_sip(value) or re.fullmatch(r"\d{1,15}", value, re.ASCII):
        return value
    try:
        return phone.normalise(value)
    except Refused:
        raise BadTelling(f"{name} is no number") from None


def _public_number(said: Mapping[str, Any]) -> str | None:
    """The line of a call; some providers name the SIP account there instead, which is no line."""
    found = _address(said, "num_m")
    return None if found is None or phone.is_sip(found) else found


def _moment(said: Mapping[str, Any]) -> datetime:
    seconds = _whole(said.get("setup_time"))
    if seconds is None:
        raise BadTelling("setup_time is missing")
    found = from_unix(min(seconds, 32_503_680_000))
    if not _EARLIEST <= found <= now() + _AHEAD:
        raise BadTelling("setup_time lies beyond all calls")
    return found


def _seconds(said: Mapping[str, Any], name: str) -> int | None:
    value = said.get(name)
    if value is None or value == "":
        return None
    found = _whole(value)
    if found is None or found > _LONGEST_SECONDS:
        raise BadTelling(f"{name} is no length of a call")
    return found


def _whole(value: Any) -> int | None:
    """A whole number of 0 or more, as a number or as its digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{1,12}", value, re.ASCII):
        return int(value)
    return value if isinstance(value, int) and 0 <= value < 10**12 else None


def _price(said: Mapping[str, Any]) -> Decimal | None:
    value = said.get("price")
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise BadTelling("price is no number") from None
    if isinstance(value, bool) or not found.is_finite() or not 0 <= found <= _DEAREST:
        raise BadTelling("price is no sum of money")
    return found
