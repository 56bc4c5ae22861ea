"""What the description page says of the API and of webhooks: the contract in words for the developer of a CRM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.kernel.i18n import lazy_gettext as _l
from portal.public_api.listing import DEFAULT_LIMIT, MAX_LIMIT
from portal.public_api.samples import CALL_ID, ORDER_ANSWER, RECORD_ANSWER, Query, call_answer
from portal.webhooks.models import EventType
from portal.webhooks.words import EVENT_LABELS


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter or field."""

    name: str
    meaning: Any
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """One call of the API: its parameters, those that are worth trying, and what comes back."""

    name: str
    title: Any
    meaning: Any
    parameters: tuple[Parameter, ...]
    example: Query
    answer: str
    saves_as: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook tells, and the example of it."""

    label: Any
    parameters: str
    url: str


METHODS: tuple[Method, ...] = (
    Method(
        "outcome",
        _l("Place an outgoing call"),
        _l("Rings the SIP account first, then calls the other side. Answers as soon as the switch took the order."),
        (
            Parameter("num_a", _l("SIP account that calls: SIP/00000000672"), is_required=True),
            Parameter(
                "num_b",
                _l("Whom to call: a SIP account, or a number such as 74951234567"),
                is_required=True,
            ),
            Parameter(
                "request_id",
                _l(
                    "Any text of yours: a repeat with the same one answers with the first call. "
                    "The header Idempotency-Key does the same"
                ),
            ),
        ),
        (("num_a", "SIP/00000000672"), ("num_b", "74951234567"), ("request_id", "deal-17")),
        ORDER_ANSWER,
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
            Parameter(
                "from", _l("Not earlier than this moment: UNIX seconds or ISO 8601 (UTC where no offset is given)")
            ),
            Parameter("to", _l("Not later than this moment")),
            Parameter("service_name", _l("ivr (incoming), sip_outcome (outgoing) or sip_internal")),
            Parameter(
                "limit",
                _l("How many calls at most: %(low)s unless told, up to %(high)s", low=DEFAULT_LIMIT, high=MAX_LIMIT),
            ),
            Parameter("cursor", _l("Taken as it is from the Link header of the page before")),
        ),
        (("num_a", "79039998877"), ("limit", "5")),
        call_answer(),
    ),
    Method(
        "get_record",
        _l("Get the record of a call"),
        _l("The audio itself, whole or in the range that was asked for."),
        (Parameter("api_call_id", _l("Id of the call"), is_required=True),),
        (("api_call_id", CALL_ID),),
        RECORD_ANSWER,
        "record.wav",
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

ERRORS: tuple[tuple[int, str, Any], ...] = (
    (400, "bad_request", _l("A parameter is wrong; the message says which one and why.")),
    (401, "unauthorized", _l("The key is missing, unknown or no longer valid.")),
    (403, "forbidden", _l("The account is blocked or has no money for this.")),
    (404, "not_found", _l("There is no such call, record or SIP account in your account.")),
    (409, "conflict", _l("This request_id has been used for another call.")),
    (409, "not_ready", _l("The record is still being written: ask again after Retry-After seconds.")),
    (429, "too_many_requests", _l("Too many requests: ask again after Retry-After seconds.")),
    (502, "unavailable", _l("The switch refused.")),
    (504, "unavailable", _l("The switch did not answer.")),
)

EVENTS: tuple[Event, ...] = (
    Event(
        EVENT_LABELS[EventType.CALL_STARTED],
        "num_a num_m setup_time api_call_id",
        "https://crm.example/income.php?num_a=79039998877&num_m=74951234567&setup_time=1795424400"
        f"&api_call_id={CALL_ID}",
    ),
    Event(
        EVENT_LABELS[EventType.CALL_FINISHED],
        "num_a code_name_num_a num_m num_b code_name_num_b setup_time connection_time waiting_time api_call_id price",
        "https://crm.example/call_finished.php?num_a=79039998877&num_m=74951234567&num_b=SIP/00000000672"
        f"&code_name_num_b=Olga%20Manoli&setup_time=1795424400&connection_time=60&waiting_time=5&api_call_id={CALL_ID}&price=1.80",
    ),
)
ERROR_ANSWER = '{"error": {"code": "bad_request", "message": "num_b is missing."}}'
