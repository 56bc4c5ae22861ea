"""What people do with the link to a provider: set it up, turn it off, give the notices another URL."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.kernel.clock import now
from portal.kernel.db import announce, db, ring
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault, random_token
from portal.telephony.engines.provider.client import Access, api_url
from portal.telephony.provider.models import ProviderLink

PROVIDER_TOPIC = "provider"
"""The bell that wakes the engine: a notice came, or a link has changed."""
CHANGED = "provider-changed"
_LONGEST_KEY = 300


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What a person types. An empty `key` leaves the saved one."""

    url: str
    key: str = ""
    is_bearer: bool = False
    is_on: bool = True


def provider_link(*, locks: bool = False) -> ProviderLink | None:
    """The account's link, or None where it has none."""
    query = select(ProviderLink)
    return db.session.scalar(query.with_for_update() if locks else query)


def access_of(vault: Vault, link: ProviderLink) -> Access:
    """How to get in, with the key opened. Raises `ValueError` where the installation's secret has changed."""
    return Access(link.url, vault.open(link.sealed_key), link.is_bearer)


def typed_access(vault: Vault, typed: LinkSettings) -> Access:
    """How to get in by what was typed, with the saved key where none was. Raises `Refused` with the field.

    The saved key is not sent to another host: whoever may not read it could have it sent to himself.
    """
    url = api_url(typed.url)
    key = typed.key.strip()
    if not typed.url.strip():
        raise Refused(_("Enter the address of the provider's API."), "url")
    if len(key) > _LONGEST_KEY or not key.isascii() or not ((key.isprintable() and " " not in key) or not key):
        raise Refused(_("This cannot be a key: it has only Latin letters, digits and signs."), "key")
    link = provider_link()
    if not key and (link is None or link.url != url):
        raise Refused(_("Enter the key that the provider gave you."), "key")
    return Access(url, key or vault.open(link.sealed_key) if link else key, typed.is_bearer)


def save_link(vault: Vault, typed: LinkSettings) -> ProviderLink:
    """Saves how to reach the provider; the URL was tried at the door before. Raises `Refused` with the field."""
    access = typed_access(vault, typed)
    link = provider_link(locks=True)
    before = _shape(link) if link else None
    if link is None:
        link = ProviderLink(inlet_hash="", sealed_inlet="")
        _give_inlet(vault, link)
        db.session.add(link)
    link.url, link.is_bearer, link.is_on = access.url, access.is_bearer, typed.is_on
    if typed.key.strip():
        link.sealed_key = vault.seal(access.key)
    link.trouble, link.detail, link.failures, link.resting_until = "", "", 0, None
    link.changed_at = now()
    audit("provider.set", link.url, before=before, after=_shape(link) | {"key": "new" if typed.key else "kept"})
    _tell()
    return link


def rotate_inlet(vault: Vault) -> ProviderLink:
    """Another URL for the notices; the earlier one answers no more. Raises `NotFound` where there is no link."""
    link = provider_link(locks=True)
    if link is None:
        raise NotFound
    _give_inlet(vault, link)
    audit("provider.rotate-inlet", link.url)
    _tell()
    return link


def inlet_token(vault: Vault, link: ProviderLink) -> str:
    """The secret part of the URL for notices."""
    return vault.open(link.sealed_inlet)


def _give_inlet(vault: Vault, link: ProviderLink) -> None:
    token = random_token()
    link.inlet_hash, link.sealed_inlet = vault.lookup_hash(token), vault.seal(token)


def _shape(link: ProviderLink) -> dict[str, object]:
    return {"url": link.url, "is_bearer": link.is_bearer, "is_on": link.is_on}


def _tell() -> None:
    ring(PROVIDER_TOPIC)
    announce(CHANGED)
