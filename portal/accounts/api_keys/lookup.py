"""Who asks with a key, and what that key may do."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from portal.accounts.api_keys.named import SCOPES
from portal.accounts.models import Account, ApiKey
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.secrets import Vault
from portal.web.access import Permission

_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The account behind a key; what the key may do, and whether it may from where it came."""

    account_id: int
    key_id: int
    name: str | None
    permissions: frozenset[Permission]
    is_in_its_network: bool


def find_key_holder(vault: Vault, plain: str, address: str | None) -> KeyHolder | None:
    """Whose key this is, or None for an unknown or ended one; notes the use at most once a minute."""
    if not 20 <= len(plain) <= 100:
        return None
    with transaction(everything="API key look-up", writes=False) as session:
        found = session.execute(
            select(ApiKey, Account)
            .join(Account, Account.id == ApiKey.account_id)
            .where(ApiKey.lookup_hash.in_(vault.lookup_hashes(plain)))
        ).one_or_none()
    if found is None or _has_ended(found[0]):
        return None
    key: ApiKey = found[0]
    is_near = _is_within(address, key.networks)
    if is_near and (key.last_used_at is None or now() - key.last_used_at > _USED_STEP):
        _note_use(key, address)
    scopes = SCOPES if key.scopes is None else tuple(Permission(scope) for scope in key.scopes)
    return KeyHolder(key.account_id, key.id, key.name, frozenset({Permission.API, *scopes}), is_near)


def _has_ended(key: ApiKey) -> bool:
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now())


def _is_within(address: str | None, networks: list[str] | None) -> bool:
    if not networks:
        return True
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        # As a server that listens on both families sees IPv4.
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(network) for network in networks)


def _note_use(key: ApiKey, address: str | None) -> None:
    with transaction(key.account_id) as session:
        own = session.get(ApiKey, key.id)
        if own is not None:
            own.last_used_at = now()
            own.last_used_from = address
