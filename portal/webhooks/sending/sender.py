"""One try: the request goes out through the door, and what came of it is put into words that can be kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from portal.kernel.clock import now
from portal.kernel.http import Door, Exchange, Failed, FailureKind, Peer, Phases
from portal.kernel.http.redact import MASK
from portal.kernel.secrets import Vault
from portal.webhooks.sending import schedule
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.dress import request_for
from portal.webhooks.sending.finished import Exchanged, Finished
from portal.webhooks.sending.schedule import Verdict

BODY_BYTES = 32 * 1024
_OFFER_LASTS = timedelta(seconds=0.5)
"""What must be left of an offer when its try begins; the worker holds it for longer meanwhile."""
# What no text column takes: PostgreSQL refuses NUL, UTF-8 has no lone halves of pairs.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CHARSET = re.compile(r"charset=\"?([\w.:-]{1,40})", re.IGNORECASE)


def send(door: Door, vault: Vault, delivery: ClaimedDelivery) -> Finished | None:
    """Sends a claimed delivery and tells what came of it; None when the claim may run out before the answer comes.

    Raises nothing for whatever the URL, the name, the network or the receiver may do; what it raises all the same, or
    for a secret that cannot be opened, is `broken`.
    """
    plan = schedule.SCHEDULES[delivery.event]
    began = now()
    # A process that slept since the claim: another worker has the delivery, or has delivered it by now.
    lasts = _OFFER_LASTS if delivery.is_offer else timedelta(seconds=plan.deadline_seconds)
    if began + lasts >= delivery.lease_until:
        return None
    request = request_for(
        delivery.url,
        delivery.event,
        delivery.parameters,
        delivery.public_id,
        delivery.dress,
        vault=vault,
        at=began,
    )
    try:
        answer = door.send(request, deadline_seconds=plan.deadline_seconds, body_cap=BODY_BYTES)
    except Failed as failure:
        return _failed(delivery, began, failure, f"{request.method} {request.url}")
    verdict = schedule.verdict_on(answer.status)
    asked = None if verdict is Verdict.DELIVERED else schedule.retry_after(answer.headers, now())
    return Finished(delivery, _answered(delivery, began, answer), verdict, asked)


def broken(delivery: ClaimedDelivery, began: datetime, error: Exception) -> Finished:
    """A try that a fault of our own ended: it counts as failed, since one that is not noted is repeated for ever.

    Of the error its name alone is told: its text may hold what was to be sent, secrets and all.
    """
    ended = now()
    exchanged = Exchanged(
        started_at=began,
        ended_at=ended,
        request_line=_storable(f"{delivery.dress.method} {delivery.url}"),
        request_headers=[],
        status=None,
        failure=FailureKind.UNEXPECTED.value,
        failure_text=type(error).__name__,
        response_headers=None,
        response_body=None,
        is_cut=False,
        peer=None,
        phases=_milliseconds(Phases(None, None, None, None, (ended - began).total_seconds() * 1000)),
    )
    return Finished(delivery, exchanged, schedule.verdict_on(None), None)


def _answered(delivery: ClaimedDelivery, began: datetime, answer: Exchange) -> Exchanged:
    return Exchanged(
        started_at=began,
        ended_at=now(),
        request_line=_storable(answer.sent.line),
        request_headers=_masked(delivery, answer.sent.headers),
        status=answer.status,
        failure=None,
        failure_text=None,
        response_headers=_pairs(answer.headers),
        response_body=_readable(answer),
        is_cut=answer.is_cut,
        peer=_place(answer.peer),
        phases=_milliseconds(answer.phases),
    )


def _failed(delivery: ClaimedDelivery, began: datetime, failure: Failed, intended: str) -> Finished:
    partial, sent = failure.partial, failure.sent
    exchanged = Exchanged(
        started_at=began,
        ended_at=now(),
        request_line=_storable(sent.line if sent else intended),
        request_headers=_masked(delivery, sent.headers) if sent else [],
        status=partial.status if partial else None,
        failure=failure.kind.value,
        failure_text=_storable(failure.message)[:500],
        response_headers=_pairs(partial.headers) if partial else None,
        response_body=_readable(partial) if partial else None,
        is_cut=partial is not None,
        peer=_place(failure.peer) if failure.peer else None,
        phases=_milliseconds(failure.phases),
    )
    # An answer that broke off is no answer: the receiver may not have done its work.
    return Finished(delivery, exchanged, schedule.verdict_on(None), None)


def _milliseconds(phases: Phases) -> dict[str, float | None]:
    # By hand: `asdict` copies what it finds, which took a fifth of what a try costs beside the exchange itself.
    return {
        "dns": phases.dns,
        "connect": phases.connect,
        "tls": phases.tls,
        "first_byte": phases.first_byte,
        "total": phases.total,
    }


def _place(peer: Peer) -> str:
    return f"[{peer.address}]:{peer.port}" if ":" in peer.address else f"{peer.address}:{peer.port}"


def _masked(delivery: ClaimedDelivery, headers: Sequence[tuple[str, str]]) -> list[list[str]]:
    """As they were sent, without the values that the admin gave as secrets."""
    hidden = {str(name).lower() for name, _, is_sealed in delivery.dress.headers if is_sealed}
    return [[name, MASK if name.lower() in hidden else value] for name, value in _pairs(headers)]


def _pairs(headers: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [[_storable(name), _storable(value)] for name, value in headers]


def _readable(answer: Exchange) -> str:
    """The body as text, by its own charset where Python knows it; what cannot be read is marked, never left out."""
    content_type = next((value for name, value in answer.headers if name.lower() == "content-type"), "")
    charset = match[1] if (match := _CHARSET.search(content_type)) else "utf-8"
    try:
        text = answer.body.decode(charset, errors="replace")
    except (LookupError, UnicodeError):
        text = answer.body.decode("utf-8", errors="replace")
    return _storable(text)


def _storable(text: str) -> str:
    # Nearly always it is, which is quickly seen.
    return text if text.isprintable() else _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
