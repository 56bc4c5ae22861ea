"""How an event goes out to its webhook: by GET as the contract has it, or as signed JSON, with the admin's headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.kernel.clock import to_unix
from portal.kernel.http import Request
from portal.kernel.secrets import Vault
from portal.webhooks import signing, wire
from portal.webhooks.models import EventType, Method
from portal.webhooks.wire import Parameter

USER_AGENT = "Portal-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Dress:
    """What the webhook's settings make of a request; secrets are still sealed."""

    method: Method
    headers: Sequence[Sequence[Any]]
    secret: str | None
    old_secret: str | None
    old_secret_until: datetime | None
    happened_at: datetime
    is_test: bool = False


def request_for(
    url: str,
    event: EventType,
    parameters: Sequence[Parameter],
    message_id: str,
    dress: Dress,
    *,
    vault: Vault,
    at: datetime,
) -> Request:
    """The request as it goes out at this moment. Raises `ValueError` where a secret cannot be opened."""
    headers = {name: vault.open(value) if is_sealed else value for name, value, is_sealed in dress.headers}
    headers |= {"User-Agent": USER_AGENT, "webhook-id": message_id}
    if dress.is_test:
        headers["webhook-test"] = "true"
    if dress.method is Method.GET:
        return Request("GET", wire.get_url(url, parameters), headers, can_repeat=True)
    body = wire.json_body(event, parameters, dress.happened_at)
    headers |= {"Content-Type": "application/json", "webhook-timestamp": str(to_unix(at))}
    if signatures := signing.signatures(_secrets(dress, vault, at), message_id, to_unix(at), body):
        headers["webhook-signature"] = signatures
    # The receiver tells a repeat by its webhook-id: a connection that was closed meanwhile may be tried anew.
    return Request("POST", url, headers, body, can_repeat=True)


def _secrets(dress: Dress, vault: Vault, at: datetime) -> list[str]:
    """The present one first; while a rotation overlaps, the one before it, too."""
    secrets = [vault.open(dress.secret)] if dress.secret else []
    if dress.old_secret and dress.old_secret_until and at < dress.old_secret_until:
        secrets.append(vault.open(dress.old_secret))
    return secrets
