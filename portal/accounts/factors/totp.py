"""Codes of an app: 160-bit secrets, six figures, half minutes (RFC 6238); each code is taken once."""

from __future__ import annotations

import hmac

import pyotp
from sqlalchemy import delete, select

from portal.accounts.factors.models import UserTotp
from portal.kernel.clock import now, to_unix
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.secrets import Vault

_STEP_SECONDS = 30
_DRIFT = (0, -1, 1)
"""Clocks of phones go wrong by half a minute, and a person types for as long."""
ISSUER = "Portal"


def begin_setup(vault: Vault, user_id: int) -> None:
    """A new secret that is not in use before `confirm`; one that is in use stays until then."""
    secret = pyotp.random_base32()
    row = db.session.get(UserTotp, user_id, with_for_update=True)
    if row is not None and row.confirmed_at is not None:
        raise NotFound
    if row is not None:
        row.sealed, row.created_at = vault.seal(secret), now()
    else:
        db.session.add(UserTotp(user_id=user_id, sealed=vault.seal(secret)))


def secret_in_setup(vault: Vault, user_id: int) -> str:
    """The secret that is being set up. Raises `NotFound` where none is."""
    row = db.session.get(UserTotp, user_id)
    if row is None or row.confirmed_at is not None:
        raise NotFound
    return vault.open(row.sealed)


def address_for_app(secret: str, email: str) -> str:
    """What the picture for the app says."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def confirm(vault: Vault, user_id: int, code: str) -> bool:
    """The app has shown that it has the secret: it counts from now on."""
    row = db.session.get(UserTotp, user_id, with_for_update=True)
    if row is None or row.confirmed_at is not None or not _take(vault, row, code):
        return False
    row.confirmed_at = now()
    return True


def take_code(vault: Vault, user_id: int, code: str) -> bool:
    """Whether this is a code of the person's app; it counts once, whoever else sends it at the same moment."""
    row = db.session.get(UserTotp, user_id, with_for_update=True)
    return row is not None and row.confirmed_at is not None and _take(vault, row, code)


def has_app(user_id: int) -> bool:
    """Whether the person has an app that counts."""
    rows = select(UserTotp.user_id).where(UserTotp.user_id == user_id, UserTotp.confirmed_at.is_not(None))
    return db.session.scalar(rows) is not None


def forget_app(user_id: int) -> None:
    """Its codes count no more."""
    db.session.execute(delete(UserTotp).where(UserTotp.user_id == user_id))


def _take(vault: Vault, row: UserTotp, code: str) -> bool:
    app = pyotp.TOTP(vault.open(row.sealed))
    present = to_unix(now()) // _STEP_SECONDS
    for step in (present + drift for drift in _DRIFT):
        if hmac.compare_digest(app.at(step * _STEP_SECONDS).encode(), code.encode()) and step > row.last_step:
            row.last_step = step
            return True
    return False
