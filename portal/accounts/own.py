"""What a person changes about the own sign-in and pages."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from portal.accounts import passwords
from portal.accounts.audit import audit
from portal.accounts.models import User
from portal.accounts.people.letters import tell_of_new_email, tell_of_new_password
from portal.accounts.person import SignedIn
from portal.accounts.services import checked_email
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


@dataclass(frozen=True, slots=True)
class OwnData:
    """What a person says about oneself and the pages."""

    name: str
    locale: str
    theme: str
    unwanted_mail: tuple[str, ...]


def set_own_data(user_id: int, data: OwnData) -> None:
    """Keeps it. Raises `Refused`."""
    name = " ".join(data.name.split())
    if not name:
        raise Refused(_("Enter your name."), "name")
    user = db.session.get_one(User, user_id)
    before = _shown(user)
    user.name, user.locale, user.theme = name[:200], data.locale, data.theme
    user.unwanted_mail = list(data.unwanted_mail)
    if before != _shown(user):
        audit("user.profile", user.email, before=before, after=_shown(user))


def change_email(user_id: int, email: str) -> None:
    """Another address to sign in with; the earlier one hears of it. Raises `Refused`."""
    user = db.session.get_one(User, user_id)
    before, email = user.email, checked_email(email)
    if email == before:
        return
    if db.session.scalar(select(User.id).where(User.email == email)) is not None:
        raise Refused(_("There is a user with this e-mail already."), "email")
    tell_of_new_email(user, email)
    user.email = email
    audit("user.email", email, before={"email": before}, after={"email": email})


def _shown(user: User) -> dict[str, object]:
    unwanted = list(user.unwanted_mail or ())
    return {"name": user.name, "locale": user.locale, "theme": user.theme, "unwanted_mail": unwanted}


def set_preferences(user_id: int, *, locale: str | None = None, theme: str | None = None) -> None:
    """Keeps a person's language, theme, or both."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    if locale is not None:
        user.locale = locale
    if theme is not None:
        user.theme = theme
