"""Events, states and failures in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.kernel.http import FailureKind
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.webhooks.models import DeliveryState, EventType, SubscriptionState
from portal.webhooks.sending.schedule import LASTING

EVENT_LABELS = {
    EventType.CALL_STARTED: _l("Incoming call started"),
    EventType.CALL_FINISHED: _l("Call finished"),
    EventType.CALL_ANSWERED: _l("Call answered"),
    EventType.CALL_MISSED: _l("Call missed"),
    EventType.RECORDING_READY: _l("Record ready"),
    EventType.OUTGOING_STARTED: _l("Outgoing call started"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A state as a page shows it: a word and the tone of its badge."""

    word: str
    tone: str


_STATES = {
    DeliveryState.WAITING: (_l("waiting"), "wait"),
    DeliveryState.SENDING: (_l("being sent"), "wait"),
    DeliveryState.DELIVERED: (_l("delivered"), "good"),
    DeliveryState.FAILED: (_l("not delivered"), "bad"),
    DeliveryState.EXPIRED: (_l("too late"), "bad"),
    DeliveryState.CANCELLED: (_l("cancelled"), ""),
}
_WEBHOOK_STATES = {
    SubscriptionState.ACTIVE: (_l("sends"), "good"),
    SubscriptionState.PAUSED: (_l("paused"), "wait"),
    SubscriptionState.OFF: (_l("switched off"), "bad"),
}
_FAILURES = {
    FailureKind.REFUSED_ADDRESS: _l("its address is in a network where webhooks may not go"),
    FailureKind.BAD_REQUEST: _l("the URL cannot be sent to"),
    FailureKind.DNS: _l("no server of this name was found"),
    FailureKind.CONNECT: _l("the server took no connection"),
    FailureKind.TLS: _l("no secure connection: check the server's certificate"),
    FailureKind.TIMEOUT: _l("no whole answer in time"),
    FailureKind.DISCONNECTED: _l("the server hung up in the middle"),
    FailureKind.PROTOCOL: _l("what came back is not HTTP"),
    FailureKind.TOO_LARGE: _l("the headers of the answer do not end"),
    FailureKind.UNEXPECTED: _l("a fault of this cabinet, not of the server"),
}
_STATUSES = {
    401: _l("the server wants a user name or key"),
    403: _l("the server does not let us in"),
    404: _l("there is no such page on the server"),
    405: _l("the server takes no GET there"),
    410: _l("the page is gone for good"),
    429: _l("too many requests for the server"),
}
# What a whole class of answers means, by its first digit.
_CLASSES = {
    3: _l("a redirect, which is not followed: enter the URL that it leads to"),
    4: _l("the server refuses the request"),
    5: _l("a fault on the server"),
}
_ADVICE = {
    FailureKind.REFUSED_ADDRESS: _l("Ask the operator of this cabinet to allow that network, or use a public address."),
    FailureKind.BAD_REQUEST: _l("Correct the URL or the headers of the webhook."),
    FailureKind.DNS: _l("Check the server's name for mistakes, and that its domain is paid for."),
    FailureKind.CONNECT: _l("Check that the server runs, and that its firewall lets this cabinet in."),
    FailureKind.TLS: _l("Renew the certificate, and install its whole chain."),
    FailureKind.TIMEOUT: _l("The receiver should answer at once and do its work afterwards."),
    FailureKind.DISCONNECTED: _l("Look into the receiver's log at this moment: it broke off."),
    FailureKind.PROTOCOL: _l("Check that a web server listens on this port, and whether it wants https://."),
    FailureKind.TOO_LARGE: _l("The receiver sends far too many headers: a short 200 is enough."),
    FailureKind.UNEXPECTED: _l("Tell the operator of this cabinet: the worker's log has the cause at this moment."),
}
_STATUS_ADVICE = {
    401: _l("Put the key that the receiver expects into the URL or into a header of the webhook."),
    403: _l("Let this cabinet's requests in: look at the server's rules for addresses and keys."),
    404: _l("Compare the path of the URL with the address in the CRM's settings."),
    405: _l("Choose the other method in the webhook's settings."),
    410: _l("Enter the new URL, or remove the webhook."),
    429: _l("Set a limit per minute in the webhook's settings."),
}
_CLASS_ADVICE = {
    3: _l("Enter the URL that it leads to."),
    4: _l("The answer below tells what the receiver did not like."),
    5: _l("Look into the receiver's own log at this moment; we try again by ourselves."),
}


def event_label(event: str) -> str:
    """«Начало входящего звонка», «Завершение звонка»."""
    return str(EVENT_LABELS[EventType(event)])


def state_badge(state: str) -> Badge:
    """How far a delivery has come."""
    word, tone = _STATES[DeliveryState(state)]
    return Badge(str(word), tone)


def webhook_badge(state: str) -> Badge:
    """Whether a webhook sends."""
    word, tone = _WEBHOOK_STATES[SubscriptionState(state)]
    return Badge(str(word), tone)


def cause(status: int | None, failure: str | None) -> str:
    """Why a try failed, in plain words; empty where it did not, or was not made."""
    if failure is not None:
        return str(_FAILURES.get(FailureKind(failure), ""))
    if status is None or 200 <= status < 300:
        return ""
    return str(_STATUSES.get(status) or _CLASSES.get(status // 100) or _("not a success"))


def advice(status: int | None, failure: str | None) -> str:
    """What to do about it; empty where nothing failed."""
    if not cause(status, failure):
        return ""
    if failure is not None:
        return str(_ADVICE.get(FailureKind(failure), ""))
    return str(_STATUS_ADVICE.get(status or 0) or _CLASS_ADVICE.get((status or 0) // 100, ""))


_CHIPS = {
    EventType.CALL_STARTED: _l("start"),
    EventType.CALL_ANSWERED: _l("answer"),
    EventType.CALL_FINISHED: _l("end"),
    EventType.CALL_MISSED: _l("missed"),
    EventType.RECORDING_READY: _l("record"),
    EventType.OUTGOING_STARTED: _l("outgoing"),
}


def event_chip(event: str) -> str:
    """One short word for the call log."""
    return str(_CHIPS[EventType(event)])


FILTERS: dict[str, Callable[..., object]] = {
    "event_chip": event_chip,
    "is_lasting": LASTING.__contains__,
    "webhook_event": event_label,
    "webhook_state": webhook_badge,
    "delivery_state": state_badge,
}
"""For templates: `{{ webhook.event|webhook_event }}`."""
