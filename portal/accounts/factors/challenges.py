"""Challenges of passkeys: for one act, in one browser, for five minutes, answered once."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import session
from sqlalchemy import delete

from portal.accounts.factors.models import SpentChallenge
from portal.kernel.clock import from_unix, now, to_unix
from portal.kernel.db import db, upsert
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault

LIFETIME = timedelta(minutes=5)
_KEY = "passkey challenge"


def new_challenge(purpose: str) -> bytes:
    """512 random bits, kept in the signed cookie of the browser that asks."""
    challenge = secrets.token_bytes(64)
    session[_KEY] = [purpose, challenge.hex(), to_unix(now())]
    return challenge


def spend_challenge(vault: Vault, purpose: str) -> bytes:
    """The challenge that this browser was given, once. Raises `Refused`. Belongs to a transaction that is kept."""
    given = session.pop(_KEY, None)
    if not given or given[0] != purpose or from_unix(given[2]) + LIFETIME < now():
        raise _over()
    # A copied cookie would bring it back: the table remembers.
    moment = now()
    db.session.execute(delete(SpentChallenge).where(SpentChallenge.expires_at < moment))
    fresh = {"challenge_hash": vault.lookup_hash(given[1]), "expires_at": moment + LIFETIME}
    if not upsert(SpentChallenge, fresh, key=["challenge_hash"]):
        raise _over()
    return bytes.fromhex(given[1])


def _over() -> Refused:
    return Refused(_("This took too long. Try again."))
