"""The server that takes our mail, out of one URL."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """`has_tls`: from the first byte on; without it the connection is encrypted where the server offers it."""

    host: str
    port: int
    has_tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def mail_server(text: str) -> MailServer | None:
    """`smtp://user:password@host:port` or `smtps://…`; None for nothing. Raises `ValueError`, without the password."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in _PORTS or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must look like smtp://user:password@host:587 or smtps://user:password@host:465")
    if (parts.username is None) != (parts.password is None):
        raise ValueError("names a user without a password, or a password without a user")
    return MailServer(
        host=host,
        port=port or _PORTS[parts.scheme],
        has_tls=parts.scheme == "smtps",
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )
