"""What goes out through the door and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from portal.kernel.http.journey import Peer, Phases

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    The URL's query goes out byte for byte as it stands here; only what is not ASCII is percent-encoded, as UTF-8.

    `can_repeat` = no harm is done when this request arrives twice, whatever its method: a webhook carries an id by
    which its receiver drops repeats, a look-up changes nothing. Only such a request goes over a kept connection.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    can_repeat: bool = False


@dataclass(frozen=True, slots=True)
class SentRequest:
    """The head of a request exactly as it was written. It may hold keys: `redact` it before it is logged."""

    line: str
    headers: Headers

    @classmethod
    def from_head(cls, head: bytes) -> SentRequest | None:
        """Read back from the bytes written; None when none were."""
        if not head:
            return None
        line, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        pairs = (header.partition(": ") for header in rest)
        return cls(line, tuple((name, value) for name, _, value in pairs))


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, whatever its status: 3xx is an answer too, and is not followed.

    `body` is decompressed and holds at most as many bytes as were asked for; `is_cut` = there was more, or it could not
    be read to its end. `headers` holds each line of the answer's head, one that came twice side by side.
    """

    status: int
    reason: str
    http_version: str
    headers: Headers
    body: bytes
    is_cut: bool
    sent: SentRequest
    peer: Peer
    phases: Phases


@dataclass(frozen=True, slots=True)
class Reached:
    """A receiver that could be reached, and for https proved its name. No request was sent to it."""

    peer: Peer
    phases: Phases
    tls_version: str | None = None
    certificate_ends_at: datetime | None = None
