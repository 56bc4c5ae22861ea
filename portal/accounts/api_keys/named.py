"""Further keys of an account: each has a name, what it may do, where it may come from and until when."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from portal.accounts.api_keys.making import make_key
from portal.accounts.audit import audit
from portal.accounts.models import ApiKey
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault
from portal.web.access import Permission

SCOPES = (Permission.API_CALLS, Permission.API_RECORDS, Permission.API_OUTCOME)
"""What a key may be allowed, in the order in which it is offered."""
_MOST_KEYS = 50
_MOST_NETWORKS = 50
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What a key is for: its name, what it may do, from which networks (none: any) and until when (None: for good)."""

    name: str
    scopes: Sequence[Permission]
    networks: Sequence[str]
    expires_at: datetime | None


def named_keys() -> Sequence[ApiKey]:
    """Those in use, expired ones among them, by name; a replaced one that still works stands after its successor."""
    rows = select(ApiKey).where(
        ApiKey.name.is_not(None),
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.replaced_at.is_(None), ApiKey.expires_at > now()),
    )
    return db.session.scalars(rows.order_by(ApiKey.name, ApiKey.id.desc())).all()


def find_named_key(key_id: int) -> ApiKey:
    """A further key that is neither replaced nor revoked. Raises `NotFound`."""
    key = db.session.get(ApiKey, key_id)
    if key is None or key.name is None or key.replaced_at is not None or key.revoked_at is not None:
        raise NotFound
    return key


def add_api_key(vault: Vault, terms: KeyTerms) -> str:
    """A further key; answers it in plain, for the only time. Raises `Refused`."""
    terms = _checked(terms, None)
    if len([key for key in named_keys() if key.replaced_at is None]) >= _MOST_KEYS:
        raise Refused(_("An account has at most %(most)s keys: revoke one that nobody uses.", most=_MOST_KEYS), "name")
    key, plain = make_key(vault, is_shown_again=False)
    _set(key, terms)
    db.session.add(key)
    audit("api_key.add", f"{terms.name} {key.masked}", after=_shown(key))
    return plain


def change_api_key(key_id: int, terms: KeyTerms) -> ApiKey:
    """Other terms for a further key, from the next request on. Raises `NotFound`, `Refused`."""
    key = find_named_key(key_id)
    terms = _checked(terms, key)
    before = _shown(key)
    _set(key, terms)
    audit("api_key.change", f"{terms.name} {key.masked}", before=before, after=_shown(key))
    return key


def replace_api_key(vault: Vault, key_id: int, overlap: timedelta) -> str:
    """A new key of the same terms; the present one works on for `overlap`, though not longer than it would have."""
    key = find_named_key(key_id)
    fresh, plain = make_key(vault, is_shown_again=False)
    fresh.name, fresh.scopes, fresh.networks, fresh.expires_at = key.name, key.scopes, key.networks, key.expires_at
    key.replaced_at = now()
    ends = key.replaced_at + overlap
    key.expires_at = ends if key.expires_at is None else min(ends, key.expires_at)
    db.session.add(fresh)
    audit("api_key.rotate", f"{key.name} {key.masked}", after={"overlap_seconds": int(overlap.total_seconds())})
    return plain


def revoke_api_key(key_id: int) -> str:
    """Ends a further key at once and for good; answers its name. Raises `NotFound`."""
    key = find_named_key(key_id)
    key.revoked_at = now()
    audit("api_key.revoke", f"{key.name} {key.masked}", before=_shown(key))
    return key.name or ""


def _checked(terms: KeyTerms, key: ApiKey | None) -> KeyTerms:
    name = " ".join(terms.name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise Refused(_("Give the key a name of at most %(longest)s characters.", longest=_LONGEST_NAME), "name")
    if any(other.name == name and other.replaced_at is None and other is not key for other in named_keys()):
        raise Refused(_("There is a key with this name already."), "name")
    if not terms.scopes:
        raise Refused(_("Choose at least one thing that the key may do."), "scopes")
    if terms.expires_at is not None and terms.expires_at <= now():
        raise Refused(_("This day is over: choose a later one."), "expires_on")
    return KeyTerms(name, [scope for scope in SCOPES if scope in terms.scopes], _networks(terms), terms.expires_at)


def _networks(terms: KeyTerms) -> list[str]:
    found = []
    for text in terms.networks:
        try:
            found.append(str(ipaddress.ip_network(text, strict=False)))
        except ValueError:
            message = _("%(text)s is no address and no network, such as 203.0.113.7 or 203.0.113.0/24.", text=text[:60])
            raise Refused(message, "networks") from None
    if len(found) > _MOST_NETWORKS:
        raise Refused(_("At most %(most)s networks.", most=_MOST_NETWORKS), "networks")
    return list(dict.fromkeys(found))


def _set(key: ApiKey, terms: KeyTerms) -> None:
    key.name, key.networks, key.expires_at = terms.name, list(terms.networks), terms.expires_at
    key.scopes = [scope.value for scope in terms.scopes]


def _shown(key: ApiKey) -> dict[str, object]:
    expires = key.expires_at.isoformat() if key.expires_at else None
    return {"name": key.name, "scopes": key.scopes, "networks": key.networks, "expires_at": expires}
