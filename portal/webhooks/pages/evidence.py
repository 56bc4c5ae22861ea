"""An attempt as evidence: its parts as a waterfall, and as a command that does the same once more."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from portal.kernel import phone
from portal.kernel.http import Request, redact
from portal.kernel.i18n import lazy_gettext as _l
from portal.webhooks import wire
from portal.webhooks.models import DeliveryAttempt, WebhookDelivery

_PARTS = (
    ("dns", _l("Name lookup"), "wait"),
    ("connect", _l("Connection"), "wait"),
    ("tls", _l("TLS"), "wait"),
    ("first_byte", _l("First byte"), "ring"),
)
_BY_CURL = frozenset({"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"})
"""Headers that curl writes by itself, or that mean nothing in a repeat."""


def waterfall(phases: Mapping[str, float | None]) -> list[dict[str, Any]]:
    """The parts that there were, one below the other, for the macro `leg_timeline`; milliseconds."""
    bars: list[dict[str, Any]] = []
    at = 0.0
    for name, label, kind in _PARTS:
        if (spent := phases.get(name)) is not None:
            bars.append(_bar(str(label), kind, at, spent))
            at += spent
    total = phases.get("total") or at
    if total - at > 0.05 and phases.get("first_byte") is not None:
        bars.append(_bar(str(_l("The rest of the answer")), "talk", at, total - at))
    bars.append(_bar(str(_l("Total")), "talk", 0.0, total))
    return bars


def _bar(label: str, kind: str, start: float, spent: float) -> dict[str, Any]:
    return {"name": label, "milliseconds": spent, "parts": [{"kind": kind, "start": start, "seconds": spent}]}


def body_of(delivery: WebhookDelivery, attempt: DeliveryAttempt) -> str | None:
    """What a POST carried; None for a GET."""
    if not attempt.request_line.startswith("POST "):
        return None
    parameters = [(name, value) for name, value in delivery.event.parameters]
    return wire.json_body(delivery.event.type, parameters, delivery.event.happened_at).decode()


def curl(delivery: WebhookDelivery, attempt: DeliveryAttempt, url: str, keys: Mapping[str, str] | None = None) -> str:
    """The same request for a terminal: with the sealed headers of `keys`, else with every key in it hidden."""
    shown = redact if keys is None else str
    method, _space, rest = attempt.request_line.partition(" ")
    target = rest.rpartition(" HTTP/")[0] or rest
    root = urlsplit(url)
    whole = target if "://" in target else f"{root.scheme}://{root.netloc}{target}"
    words = ["curl", "-i", *(["-X", method] if method != "GET" else []), shown(whole)]
    for name, value in attempt.request_headers:
        if name.lower() not in _BY_CURL:
            words += ["-H", shown(f"{name}: {(keys or {}).get(name.lower(), value)}")]
    if (body := body_of(delivery, attempt)) is not None:
        words += ["--data-raw", body]
    return " ".join(shlex.quote(word) for word in words)


def as_text(request: Request) -> str:
    """A request as it goes over the wire, before it has been sent."""
    parts = urlsplit(request.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = "".join(f"{name}: {value}\n" for name, value in request.headers.items())
    body = f"\n{request.body.decode()}" if request.body else ""
    return f"{request.method} {path} HTTP/1.1\nHost: {parts.netloc}\n{headers}{body}"


def _check_text(form: str, *parts: str) -> str:
    """The parts in their places, without what an empty one leaves behind."""
    return " ".join((form % parts).split())


def _phone_text(address: str | None) -> str:
    """For an `<option>`, which holds no markup."""
    return phone.display(address) if address and not phone.is_sip(address) else address or ""


FILTERS: dict[str, Callable[..., object]] = {
    "waterfall": waterfall,
    "body_of": body_of,
    "check_text": _check_text,
    "phone_text": _phone_text,
}
