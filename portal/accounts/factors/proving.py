"""Proving the second factor, or oneself anew: by a code, a backup code, the password or a passkey."""

from __future__ import annotations

import structlog

from portal.accounts import passwords
from portal.accounts.factors.backup_codes import take_backup_code
from portal.accounts.factors.totp import take_code
from portal.accounts.models import User
from portal.accounts.throttle import Attempt
from portal.kernel.db import db, transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault

log = structlog.get_logger(__name__)

_FIGURES = 6


def prove_by_code(vault: Vault, user_id: int, code: str, network: str) -> str:
    """Takes a code of the app or a backup code, once; answers which it was. Raises `Refused`, `TooMany` for guessing.

    Opens transactions of its own: the attempt counts whatever comes of it.
    """
    code = "".join(code.split())
    attempt = Attempt(vault, f"code\x1f{user_id}", network)
    with transaction():
        attempt.begin()
    if len(code) == _FIGURES and code.isascii() and code.isdigit():
        with transaction():
            is_right, kind = take_code(vault, user_id, code), "app code"
    else:
        is_right, kind = take_backup_code(user_id, code[:100]), "backup code"
    if not is_right:
        log.info("factor_refused", user=user_id, network=network)
        raise Refused(_("This code is wrong, or it was used already."), "code")
    with transaction():
        attempt.succeeded()
    return kind


def prove_by_password(vault: Vault, user_id: int, email: str, password: str) -> None:
    """Raises `Refused`, `TooMany` for guessing. Opens transactions of its own."""
    attempt = Attempt(vault, email, "password change")
    with transaction():
        attempt.begin()
        stored = db.session.get_one(User, user_id).password_hash
    if not passwords.is_right(stored, password):
        log.info("proof_refused", user=user_id)
        raise Refused(_("This is not your present password."), "password")
    with transaction():
        attempt.succeeded()
