"""What lets us in at a CRM, and how it is kept: sealed as one text, opened where it is needed, shown to nobody."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from portal.connectors.talking import mapping
from portal.kernel.clock import now
from portal.kernel.http import ServiceTrouble, Trouble
from portal.kernel.secrets import Vault


@dataclass(frozen=True, slots=True)
class Secrets:
    """`token` opens the door by itself; an application's own is short-lived and comes anew for its `refresh` token."""

    token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect: str = ""
    refresh: str = field(default="", repr=False)

    def sealed(self, vault: Vault) -> str:
        """As a table may hold it."""
        return vault.seal(json.dumps(asdict(self)))

    @classmethod
    def opened(cls, vault: Vault, sealed: str) -> Secrets:
        """Raises `ValueError` where the installation's secret has changed."""
        return cls(**json.loads(vault.open(sealed)))


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a CRM gives for a code or for a refresh token, which is spent by that. `base` is where its API is now."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    until: datetime
    base: str = ""


class Access(Protocol):
    """Where a token comes from."""

    def token(self, *, stale: str = "", seconds: float = 20.0) -> str:
        """One that opens the door; another one than `stale`, which did not. Raises `ServiceTrouble`."""
        ...


class FixedAccess:
    """A long-lived token, or none at all where the address is the secret."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self, *, stale: str = "", seconds: float = 20.0) -> str:  # noqa: ARG002 (see `Access`)
        """The same again: there is no other."""
        return self._token


def read_tokens(data: Any, base: str = "") -> Tokens:
    """The same shape at every CRM (RFC 6749, 5.1). Raises `ServiceTrouble`."""
    said = mapping(data)
    access, refresh, seconds = said.get("access_token"), said.get("refresh_token"), said.get("expires_in")
    if not isinstance(access, str) or not isinstance(refresh, str) or not isinstance(seconds, int):
        raise ServiceTrouble(Trouble.NONSENSE, "no tokens in the answer")
    return Tokens(access, refresh, now() + timedelta(seconds=max(60, min(seconds, 31 * 86_400))), base)
