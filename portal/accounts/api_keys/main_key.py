"""The account's main key: one current one, earlier ones until their overlap ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from portal.accounts.api_keys.making import make_key, mask
from portal.accounts.audit import audit
from portal.accounts.models import ApiKey
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault

OVERLAPS = (timedelta(0), timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
"""How long the replaced key may still be used."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as the page shows it."""

    id: int
    masked: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None


def issue_api_key(vault: Vault) -> str:
    """A new current main key for the entered account; answers it in plain."""
    key, plain = make_key(vault, is_shown_again=True)
    db.session.add(key)
    return plain


def rotate_api_key(vault: Vault, overlap: timedelta, *, replaces: int) -> str:
    """A new main key; the present one works on for `overlap`. `replaces` is the key that the person saw:
    raises `Conflict` when somebody else has replaced it meanwhile.
    """
    current = _current()
    if current is None or current.id != replaces:
        raise Conflict(_("The key has just been replaced by somebody else. Look at the new one first."))
    current.replaced_at = now()
    current.expires_at = current.replaced_at + overlap
    plain = issue_api_key(vault)
    audit("api_key.rotate", current.masked, after={"overlap_seconds": int(overlap.total_seconds())})
    return plain


def end_api_key(key_id: int) -> None:
    """Ends a replaced key, main or named, before its time. Raises `NotFound` for current and for unknown ones."""
    key = db.session.get(ApiKey, key_id)
    if key is None or key.replaced_at is None or key.expires_at is None:
        raise NotFound
    key.expires_at = min(key.expires_at, now())
    audit("api_key.end", key.masked)


def reveal_api_key(vault: Vault) -> str:
    """The current main key in plain; that somebody looked is noted."""
    key = _current()
    if key is None or key.sealed is None:
        raise NotFound
    plain = vault.open(key.sealed)
    audit("api_key.reveal", mask(plain))
    return plain


def working_keys() -> Sequence[KeyView]:
    """The current main key first, then the replaced ones that still work."""
    rows = db.session.scalars(
        select(ApiKey)
        .where(ApiKey.name.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now()))
        .order_by(ApiKey.replaced_at.is_not(None), ApiKey.id.desc())
    )
    return [
        KeyView(row.id, row.masked, row.created_at, row.expires_at, row.last_used_at, row.last_used_from)
        for row in rows
    ]


def _current() -> ApiKey | None:
    rows = select(ApiKey).where(ApiKey.name.is_(None), ApiKey.replaced_at.is_(None))
    return db.session.scalar(rows.order_by(ApiKey.id.desc()).limit(1))
