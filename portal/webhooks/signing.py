"""Signatures in the Standard Webhooks form (standardwebhooks.com, symmetric): HMAC-SHA256 over id, moment and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A secret as receivers' libraries take it: `whsec_` and base64 of 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signatures(keys: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header's value: one signature for each secret, with a space between them; empty without any."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_sign(key, signed)}" for key in keys)


def _sign(key: str, signed: bytes) -> str:
    digest = hmac.new(base64.b64decode(key.removeprefix(_PREFIX)), signed, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
