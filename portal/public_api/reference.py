"""What the description page says of the API and of webhooks: the contract in words for the developer of a CRM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.kernel.i18n import lazy_gettext as _l
from portal.public_api.listing import DEFAULT_LIMIT, MAX_LIMIT


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter or field."""

    name: str
    meaning: Any
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """One call of the API: its parameters and, as an example, those that are worth trying."""

    name: str
    title: Any
    answer: Any
    parameters: tuple[Parameter, ...]
    example: str


METHODS: tuple[Method, ...] = (
    Method(
        "outcome",
        _l("Place an outgoing call"),
        _l("Rings the SIP account first, then calls the other side. Answers as soon as the switch took the order."),
        (
            Parameter("num_a", _l("SIP account that calls: SIP/00000000672"), is_required=True),
            Parameter(
                "num_b",
                _l("Whom to call: a SIP account, or a number with its country code and no plus"),
                is_required=True,
            ),
            Parameter("request_id", _l("Any text of yours: a repeat with the same one answers with the first call")),
        ),
        "num_a=SIP/00000000672&num_b=74951234567",
    ),
    Method(
        "get_calls",
        _l("List calls"),
        _l("A JSON array of calls, newest first. The next page is in the Link header."),
        (
            Parameter("api_call_id", _l("One call by its id")),
            Parameter("num_a", _l("Who called")),
            Parameter("num_m", _l("Public number that was dialled")),
            Parameter("num_b", _l("Who was called or who answered")),
            Parameter("from", _l("Not earlier than this moment: UNIX seconds or ISO 8601")),
            Parameter("to", _l("Not later than this moment")),
            Parameter("service_name", _l("ivr (incoming), sip_outcome (outgoing) or sip_internal")),
            Parameter(
                "limit",
                _l("How many calls at most: %(low)s unless told, up to %(high)s", low=DEFAULT_LIMIT, high=MAX_LIMIT),
            ),
            Parameter("cursor", _l("Taken as it is from the Link header of the page before")),
        ),
        "limit=5",
    ),
    Method(
        "get_record",
        _l("Get the record of a call"),
        _l("The audio itself, whole or in the range that was asked for."),
        (Parameter("api_call_id", _l("Id of the call"), is_required=True),),
        "api_call_id=c1f926a8f5727b77f9cbf39d8f35d061",
    ),
)

FIELDS: tuple[Parameter, ...] = (
    Parameter("abonent_id", _l("Number of your account")),
    Parameter("setup_time", _l("When the call began, UNIX seconds")),
    Parameter("service_name", _l("ivr (incoming), sip_outcome (outgoing) or sip_internal")),
    Parameter("num_a", _l("Who called")),
    Parameter("code_name_num_a", _l("What the address book calls that number")),
    Parameter("num_m", _l("Public number that was dialled")),
    Parameter("num_b", _l("Who was called or who answered")),
    Parameter("code_name_num_b", _l("What the address book calls that side")),
    Parameter("num_a_connection_time", _l("How long the caller's leg was up, seconds")),
    Parameter("num_b_connection_time", _l("How long the other leg was up, seconds")),
    Parameter("connection_time", _l("How long the two talked, seconds")),
    Parameter("num_a_waiting_time", _l("How long the caller waited, seconds")),
    Parameter("num_b_waiting_time", _l("How long the other phone rang, seconds")),
    Parameter("recorder_file", _l("Name of the record, or null where nothing was recorded")),
    Parameter("price", _l("Price in the currency of the account, exact")),
    Parameter("api_call_id", _l("Id of the call")),
)

ERRORS: tuple[tuple[int, Any], ...] = (
    (400, _l("A parameter is wrong; the message says which one and why.")),
    (401, _l("The key is missing, unknown or no longer valid.")),
    (403, _l("The account is blocked or has no money for this.")),
    (404, _l("There is no such call, record or SIP account in your account.")),
    (409, _l("The record is still being written: ask again after Retry-After seconds.")),
    (429, _l("Too many requests: ask again after Retry-After seconds.")),
    (502, _l("The switch refused.")),
    (504, _l("The switch did not answer.")),
)

EVENTS: tuple[tuple[Any, str], ...] = (
    (_l("Incoming call started"), "num_a num_m setup_time api_call_id"),
    (
        _l("Call finished"),
        "num_a code_name_num_a num_m num_b code_name_num_b setup_time connection_time waiting_time api_call_id price",
    ),
)
