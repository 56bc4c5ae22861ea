"""A new password without the old one: by a link that works once, within an hour, and only for the password of then."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import func, select

from portal.accounts import passwords
from portal.accounts.audit import audit
from portal.accounts.models import Membership, User
from portal.accounts.people.letters import mail_reset, tell_of_new_password
from portal.accounts.people.models import PasswordReset
from portal.accounts.sessions import end_sessions
from portal.accounts.throttle import Attempt
from portal.kernel.actor import Actor, current_actor, set_actor
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault, random_token

log = structlog.get_logger(__name__)

LIFETIME = timedelta(hours=1)
MOST_LETTERS = 3
"""To one person within an hour: nobody's box is filled by a stranger."""


def ask_for_reset(vault: Vault, email: str, network: str) -> None:
    """Mails a link to whoever has this e-mail. Nothing tells whether anybody does. Raises `TooMany`.

    Opens transactions of its own: the attempt counts whatever comes of it.
    """
    email = email.strip().casefold()
    with transaction():
        Attempt(vault, f"reset\x1f{email}", network).begin()
    with transaction():
        user = db.session.scalar(select(User).where(User.email == email, User.is_disabled.is_(False)))
        if user is None:
            log.info("reset_for_nobody", network=network)
            return
        recent = select(func.count(PasswordReset.id)).where(
            PasswordReset.user_id == user.id, PasswordReset.created_at > now() - LIFETIME
        )
        if (db.session.scalar(recent) or 0) < MOST_LETTERS:
            mail_reset(user, make_reset(vault, user))


def make_reset(vault: Vault, user: User) -> str:
    """A new link's token, for the only time."""
    token = random_token()
    db.session.add(
        PasswordReset(
            user_id=user.id,
            token_hash=vault.lookup_hash(token),
            password_mark=vault.lookup_hash(user.password_hash),
            expires_at=now() + LIFETIME,
        )
    )
    return token


def note_reset_link(vault: Vault, user: User) -> str:
    """The same, by an administrator of the entered account, whose trail says so."""
    audit("user.reset-link", user.email)
    return make_reset(vault, user)


def find_reset(vault: Vault, token: str) -> tuple[PasswordReset, User]:
    """A link that still opens, and whose it is. Raises `NotFound` in the same words for every other."""
    row = db.session.scalar(
        select(PasswordReset).where(PasswordReset.token_hash.in_(vault.lookup_hashes(token))).with_for_update()
    )
    user = db.session.get(User, row.user_id) if row is not None else None
    if (
        row is None
        or user is None
        or user.is_disabled
        or row.used_at is not None
        or row.expires_at <= now()
        or row.password_mark not in vault.lookup_hashes(user.password_hash)
    ):
        raise NotFound(_("This link does not work any more. Ask for a new one."))
    return row, user


def reset_password(vault: Vault, token: str, password: str) -> None:
    """The new password; every session ends, and a second factor stays what it is. Raises `NotFound`, `Refused`.

    Opens transactions of its own: hashing must not hold the database.
    """
    with transaction(writes=False):
        _row, user = find_reset(vault, token)
        about = (user.email, user.name)
    hashed = passwords.hash_new_password(password, about=about)
    with transaction(everything="the trails of a person's accounts"):
        row, user = find_reset(vault, token)
        row.used_at = now()
        user.password_hash = hashed
        end_sessions(user.id)
        set_actor(Actor(user.email, user.id, current_actor().address))
        _note(user)
        tell_of_new_password(user)


def _note(user: User) -> None:
    """In the trail of each account that the person may enter."""
    for account_id in db.session.scalars(select(Membership.account_id).where(Membership.user_id == user.id)):
        audit("user.password-reset", user.email, account_id=account_id)
