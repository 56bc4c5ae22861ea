"""One question to a CRM through the door out: JSON goes, JSON or nothing comes, and every trouble has one name."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.kernel.clock import monotonic
from portal.kernel.http import Door, Exchange, Failed, Request, ServiceTrouble, Trouble, retry_after

USUAL_SECONDS = 20.0
_BODY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came: `data` is None for an empty body (204), and for one of an error that is no JSON."""

    status: int
    data: Any
    retry_after: float | None = None

    @property
    def is_good(self) -> bool:
        """Any 2xx."""
        return 200 <= self.status < 300


class Spacing:
    """Keeps requests apart, so that a CRM which counts them has none to refuse. Thread-safe."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._free_at = 0.0

    def wait(self) -> None:
        """Until the next request may go."""
        with self._lock:
            starts_at = max(monotonic(), self._free_at)
            self._free_at = starts_at + self.seconds
        threading.Event().wait(max(0.0, starts_at - monotonic()))


def talk(
    door: Door,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    seconds: float = USUAL_SECONDS,
    can_repeat: bool = False,
) -> Reply:
    """Asks; whatever the status is, it is an answer. Raises `ServiceTrouble` where none came, or one without JSON."""
    sent = {"Accept": "application/json", **(headers or {})}
    octets = None
    if body is not None:
        sent["Content-Type"] = "application/json"
        octets = json.dumps(body, ensure_ascii=False).encode()
    request = Request(method, url, sent, octets, can_repeat=can_repeat)
    try:
        exchange = door.send(request, deadline_seconds=seconds, body_cap=_BODY_BYTES)
    except Failed as failure:
        raise ServiceTrouble.of(failure) from None
    return Reply(exchange.status, _read(exchange), retry_after(exchange))


def _read(exchange: Exchange) -> Any:
    is_good = 200 <= exchange.status < 300
    if not exchange.body.strip():
        return None
    try:
        # Of a body that is cut the end is missing, and so it cannot be read either.
        return json.loads(exchange.body)
    except (ValueError, RecursionError):
        if is_good:
            raise ServiceTrouble(Trouble.NONSENSE, "broken JSON") from None
        return None


def refused(reply: Reply, why: str = "") -> ServiceTrouble:
    """What an answer that is not good means, by its status."""
    words = f"HTTP {reply.status}" + (f": {why}" if why else "")
    by_status = {
        401: Trouble.KEY_REFUSED,
        402: Trouble.UNPAID,
        403: Trouble.FORBIDDEN,
        404: Trouble.NONSENSE,
        429: Trouble.TOO_MANY,
    }
    trouble = by_status.get(reply.status)
    if trouble is None:
        is_ours = 400 <= reply.status < 500
        trouble = Trouble.REFUSED if is_ours else Trouble.FAULT if reply.status >= 500 else Trouble.NONSENSE
    return ServiceTrouble(trouble, words[:200], reply.retry_after)


def mapping(value: Any) -> Mapping[str, Any]:
    """An object of an answer; what is none is an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; what is none of them is left out."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A text or a number as text; "" for all else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()[:500]
