"""Events, states and failures in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.kernel.http import FailureKind
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.webhooks.models import DeliveryState, EventType, SubscriptionState

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
_PHASES = {
    "dns": _l("Name"),
    "connect": _l("Connection"),
    "tls": _l("TLS"),
    "first_byte": _l("First byte"),
    "total": _l("Total"),
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


def phase_times(phases: Mapping[str, float | None]) -> list[tuple[str, float]]:
    """The parts of a try that there were, in their order, and the milliseconds that each took."""
    times = ((label, phases.get(name)) for name, label in _PHASES.items())
    return [(str(label), time) for label, time in times if time is not None]


FILTERS: dict[str, Callable[..., object]] = {
    "webhook_event": event_label,
    "webhook_state": webhook_badge,
    "delivery_state": state_badge,
    "phase_times": phase_times,
}
"""For templates: `{{ webhook.event|webhook_event }}`."""
