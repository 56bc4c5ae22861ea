"""What a CRM gets: the contract's parameters in the contract's order (section 2), and the GET that carries them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from portal.calls.models import CallRecord
from portal.kernel import phone
from portal.kernel.clock import to_unix
from portal.kernel.money import exact
from portal.webhooks.models import EventType

Parameter = tuple[str, str]

# RFC 3986, 3.4, lets a slash stand in a query as it is, and the provider sends it so (`num_b=SIP/0000000672`): a
# receiver that was made for the provider and compares the raw text must find what it knows. Everything else that is not
# unreserved is encoded.
_STANDS_RAW = "/"
_NEEDS_NOTHING = re.compile(r"[A-Za-z0-9_.~/-]*")


def start_parameters(call: CallRecord) -> list[Parameter]:
    """The parameters of «Начало входящего звонка»."""
    return _without_nulls(
        ("num_a", call.caller),
        ("num_m", call.did),
        ("setup_time", to_unix(call.started_at)),
        ("api_call_id", call.api_call_id),
    )


def end_parameters(call: CallRecord) -> list[Parameter]:
    """The parameters of «Завершение звонка». `num_b` and its name stand only where a SIP account answered."""
    line = _answering_line(call)
    return _without_nulls(
        ("num_a", call.caller),
        ("code_name_num_a", call.caller_name),
        ("num_m", call.did),
        ("num_b", line),
        ("code_name_num_b", call.callee_name if line else None),
        ("setup_time", to_unix(call.started_at)),
        ("connection_time", call.talk_seconds),
        ("waiting_time", call.caller_wait_seconds),
        ("api_call_id", call.api_call_id),
        ("price", None if call.price is None else exact(call.price)),
    )


def answered_parameters(call: CallRecord) -> list[Parameter]:
    """Two sides talk."""
    return _without_nulls(
        ("num_a", call.caller),
        ("code_name_num_a", call.caller_name),
        ("num_m", call.did),
        ("num_b", call.callee),
        ("code_name_num_b", call.callee_name),
        ("setup_time", to_unix(call.started_at)),
        ("api_call_id", call.api_call_id),
    )


def missed_parameters(call: CallRecord) -> list[Parameter]:
    """Nobody talked to the caller."""
    return _without_nulls(
        ("num_a", call.caller),
        ("code_name_num_a", call.caller_name),
        ("num_m", call.did),
        ("setup_time", to_unix(call.started_at)),
        ("waiting_time", call.caller_wait_seconds),
        ("api_call_id", call.api_call_id),
    )


def record_parameters(call: CallRecord) -> list[Parameter]:
    """The record can be fetched, by `get_record`."""
    return [*answered_parameters(call)[:-1], *_without_nulls(("connection_time", call.talk_seconds)), _id_of(call)]


def outgoing_parameters(call: CallRecord) -> list[Parameter]:
    """Somebody of the company calls out."""
    return answered_parameters(call)


PARAMETERS: dict[EventType, Callable[[CallRecord], list[Parameter]]] = {
    EventType.CALL_STARTED: start_parameters,
    EventType.CALL_ANSWERED: answered_parameters,
    EventType.CALL_FINISHED: end_parameters,
    EventType.CALL_MISSED: missed_parameters,
    EventType.RECORDING_READY: record_parameters,
    EventType.OUTGOING_STARTED: outgoing_parameters,
}
"""What is told of a call, by event."""

_WHOLE_NUMBERS = frozenset({"setup_time", "connection_time", "waiting_time"})


def json_body(event: EventType, parameters: Iterable[Sequence[str]], happened_at: datetime) -> bytes:
    """The body of a POST, in the form that Standard Webhooks recommends: type, timestamp, data."""
    data = {name: _json_value(name, value) for name, value in parameters}
    timestamp = happened_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps({"type": event, "timestamp": timestamp, "data": data}, ensure_ascii=False).encode()


def _json_value(name: str, value: str) -> str | int | float:
    if name in _WHOLE_NUMBERS:
        return int(value)
    return float(value) if name == "price" else value  # its shortest decimal form has the digits of `value`


def _id_of(call: CallRecord) -> Parameter:
    return ("api_call_id", call.api_call_id)


def get_url(url: str, parameters: Iterable[Sequence[str]]) -> str:
    """The URL to GET: what it has stays byte for byte, the parameters come after it."""
    query = _query(list(parameters))
    path, question_mark, present = url.partition("?")
    if not question_mark:
        return f"{path}?{query}"
    return f"{url}{query}" if present == "" or present.endswith("&") else f"{url}&{query}"


def _query(parameters: Sequence[Sequence[str]]) -> str:
    # Nearly always nothing in them is to be encoded, and to ask once is ten times quicker than twenty times.
    if _NEEDS_NOTHING.fullmatch("".join(map("".join, parameters))):
        return "&".join(map("=".join, parameters))
    return "&".join(f"{quote(name, safe=_STANDS_RAW)}={quote(value, safe=_STANDS_RAW)}" for name, value in parameters)


def _answering_line(call: CallRecord) -> str | None:
    is_line = call.answered_at is not None and call.callee is not None and phone.is_sip(call.callee)
    return call.callee if is_line else None


def _without_nulls(*parameters: tuple[str, str | int | None]) -> list[Parameter]:
    return [(name, str(value)) for name, value in parameters if value is not None and value != ""]
