"""Keys for CRMs: one current key per account, earlier ones until their overlap ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from portal.accounts.audit import audit
from portal.accounts.models import Account, ApiKey
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault, random_word
from portal.kernel.tenancy import current_account_id

OVERLAPS = (timedelta(0), timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
"""How long the replaced key may still be used."""
_RANDOM_LENGTH = 32
"""Of 36 letters and figures: 165 bits."""
_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as the page shows it."""

    id: int
    masked: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The account behind a key."""

    account_id: int
    key_id: int
    is_blocked: bool
    time_zone: str
    currency: str


def issue_api_key(vault: Vault) -> str:
    """A new current key for the entered account; answers it in plain."""
    plain = f"abonent{current_account_id()}{random_word(_RANDOM_LENGTH)}"
    db.session.add(ApiKey(lookup_hash=vault.lookup_hash(plain), sealed=vault.seal(plain)))
    return plain


def rotate_api_key(vault: Vault, overlap: timedelta, *, replaces: int) -> str:
    """A new key; the present one works on for `overlap`. `replaces` is the key that the person saw:
    raises `Conflict` when somebody else has replaced it meanwhile.
    """
    current = _current()
    if current is None or current.id != replaces:
        raise Conflict(_("The key has just been replaced by somebody else. Look at the new one first."))
    current.expires_at = now() + overlap
    plain = issue_api_key(vault)
    audit("api_key.rotate", mask(vault.open(current.sealed)), after={"overlap_seconds": int(overlap.total_seconds())})
    return plain


def end_api_key(key_id: int, vault: Vault) -> None:
    """Ends a replaced key before its time. Raises `NotFound` for the current key and for unknown ones."""
    key = db.session.get(ApiKey, key_id)
    if key is None or key.expires_at is None:
        raise NotFound
    key.expires_at = min(key.expires_at, now())
    audit("api_key.end", mask(vault.open(key.sealed)))


def reveal_api_key(vault: Vault) -> str:
    """The current key in plain; that somebody looked is noted."""
    key = _current()
    if key is None:
        raise NotFound
    plain = vault.open(key.sealed)
    audit("api_key.reveal", mask(plain))
    return plain


def working_keys(vault: Vault) -> Sequence[KeyView]:
    """The current key first, then the replaced ones that still work."""
    rows = db.session.scalars(
        select(ApiKey)
        .where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now()))
        .order_by(ApiKey.expires_at.is_not(None), ApiKey.id.desc())
    )
    return [
        KeyView(
            id=row.id,
            masked=mask(vault.open(row.sealed)),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            last_used_from=row.last_used_from,
        )
        for row in rows
    ]


def find_key_holder(vault: Vault, plain: str, address: str | None) -> KeyHolder | None:
    """Whose key this is, or None for an unknown or ended one; notes the use at most once a minute."""
    if not 20 <= len(plain) <= 100:
        return None
    with transaction(everything="API key look-up", writes=False) as session:
        found = session.execute(
            select(ApiKey, Account)
            .join(Account, Account.id == ApiKey.account_id)
            .where(ApiKey.lookup_hash == vault.lookup_hash(plain))
        ).one_or_none()
    if found is None:
        return None
    key, account = found
    if key.expires_at is not None and key.expires_at <= now():
        return None
    if key.last_used_at is None or now() - key.last_used_at > _USED_STEP:
        _note_use(key, address)
    return KeyHolder(account.id, key.id, account.is_blocked, account.time_zone, account.currency)


def _note_use(key: ApiKey, address: str | None) -> None:
    with transaction(key.account_id) as session:
        own = session.get(ApiKey, key.id)
        if own is not None:
            own.last_used_at = now()
            own.last_used_from = address


def _current() -> ApiKey | None:
    return db.session.scalar(select(ApiKey).where(ApiKey.expires_at.is_(None)).order_by(ApiKey.id.desc()).limit(1))


def mask(plain: str) -> str:
    """Enough of a key to know it by, not enough to use it."""
    return f"{plain[:10]}{'•' * 14}{plain[-5:]}"
