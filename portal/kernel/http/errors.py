"""How the door says no, and how an exchange ends without a whole answer."""

from __future__ import annotations

from enum import StrEnum

from portal.kernel.http.journey import Peer, Phases, Stage
from portal.kernel.http.message import Exchange, SentRequest


class DoorError(Exception):
    """Whatever the door raises. Its text holds no query of a URL, no header's value and no address of the inside."""


class UrlReason(StrEnum):
    """Why a URL is refused, for a form to say in the reader's language."""

    SCHEME = "scheme"  # not http or https, or not https where only that is allowed
    NO_HOST = "no_host"
    CREDENTIALS = "credentials"  # a user or password before the host
    FRAGMENT = "fragment"
    PORT = "port"  # not 80, 443 or 1024 and above
    CHARACTERS = "characters"  # white space, control characters, broken Unicode
    TOO_LONG = "too_long"
    HOST = "host"  # not a name that DNS can hold, also not after IDNA
    SPELLING = "spelling"  # an address in a spelling that programs read differently
    ADDRESS = "address"  # an address, or an address of this name, may not be dialled
    UNRESOLVED = "unresolved"  # the name has no address now


class UrlRefused(DoorError):
    """This URL will not be dialled."""

    def __init__(self, reason: UrlReason) -> None:
        super().__init__(f"URL refused: {reason.value}")
        self.reason = reason


class FailureKind(StrEnum):
    """How an exchange failed."""

    REFUSED_ADDRESS = "refused_address"  # nothing was dialled
    BAD_REQUEST = "bad_request"  # a URL or header that cannot be sent; nothing was dialled
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"  # `Failed.stage` says where
    DISCONNECTED = "disconnected"  # reset or closed before the answer was whole
    PROTOCOL = "protocol"  # what came is not HTTP
    TOO_LARGE = "too_large"  # the head of the answer does not end
    UNEXPECTED = "unexpected"  # a fault of our own beside the exchange, noted by who keeps what came of it


class Failed(DoorError):
    """The exchange has no whole answer.

    `message` is a short technical text in English for a log or the details of an attempt; pages speak by `kind`. `sent`
    is None when nothing was written. `partial` is the answer as far as it came, its `is_cut` true.
    """

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        stage: Stage,
        phases: Phases,
        peer: Peer | None = None,
        sent: SentRequest | None = None,
        partial: Exchange | None = None,
    ) -> None:
        super().__init__(f"{kind.value}: {message}")
        self.kind = kind
        self.message = message
        self.stage = stage
        self.phases = phases
        self.peer = peer
        self.sent = sent
        self.partial = partial


class AddressRefused(DoorError):
    """An address that may not be dialled. Which one is not said: it would map the inside to somebody outside."""

    def __init__(self) -> None:
        super().__init__("the address may not be dialled")


class NameUnknown(DoorError):
    """A name that has no address, or whose servers do not answer."""


class BadRequest(DoorError):
    """A header that cannot be sent, or that is the door's own to write."""
