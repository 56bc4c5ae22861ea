"""What a person changes about the own sign-in and pages."""

from __future__ import annotations

from portal.accounts import passwords
from portal.accounts.audit import audit
from portal.accounts.models import User
from portal.accounts.people.letters import tell_of_new_password
from portal.accounts.person import SignedIn
from portal.accounts.sessions import end_sessions
from portal.accounts.throttle import Attempt
from portal.kernel.db import db, transaction
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault


def change_password(vault: Vault, person: SignedIn, current: str, new: str, *, ends_others: bool = True) -> None:
    """A person's own new password; the other sessions end, unless they are to go on.

    Raises `Refused` naming the field, `TooMany` for guessing.

    Opens transactions of its own: hashing must not hold the database.
    """
    attempt = Attempt(vault, person.email, "password change")
    with transaction():
        attempt.begin()
        stored = db.session.get_one(User, person.user_id).password_hash
    if not passwords.is_right(stored, current):
        raise Refused(_("This is not your present password."), "current")
    with transaction():
        attempt.succeeded()
    hashed = passwords.hash_new_password(new, about=(person.email, person.name))
    with transaction(person.account.id if person.account is not None else None):
        user = db.session.get_one(User, person.user_id)
        user.password_hash = hashed
        if ends_others:
            end_sessions(person.user_id, spare=person.session_id)
        audit("user.password", user.email)
        tell_of_new_password(user)


def set_preferences(user_id: int, *, locale: str | None = None, theme: str | None = None) -> None:
    """Keeps a person's language, theme, or both."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    if locale is not None:
        user.locale = locale
    if theme is not None:
        user.theme = theme
