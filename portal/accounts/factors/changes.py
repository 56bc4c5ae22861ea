"""What a person changes about the own second factor. Each change is told by mail and ends the person's other sessions
where they were opened with less.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from portal.accounts.audit import audit
from portal.accounts.factors import backup_codes, passkeys, totp
from portal.accounts.factors.having import has_second_factor, must_have_second_factor
from portal.accounts.factors.passkeys import Site
from portal.accounts.models import User
from portal.accounts.people.letters import tell_of_second_factor
from portal.accounts.person import SignedIn
from portal.accounts.sessions import end_sessions
from portal.kernel.db import db, transaction
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import speaking
from portal.kernel.secrets import Vault


def confirm_app(vault: Vault, person: SignedIn, code: str) -> list[str] | None:
    """The app counts from now on; answers the backup codes, for the only time, or None for a wrong code. Opens
    transactions of its own: hashing must not hold the database.
    """
    codes = backup_codes.make_backup_codes()
    hashed = backup_codes.hash_backup_codes(codes)
    with _own_transaction(person):
        if not totp.confirm(vault, person.user_id, "".join(code.split())):
            return None
        backup_codes.replace_backup_codes(person.user_id, hashed)
        end_sessions(person.user_id, spare=person.session_id)
        _note(person, "second-factor.add", "app", lambda: _("Codes of an app are asked for at the sign-in now."))
    return codes


def remove_app(person: SignedIn) -> None:
    """Its codes count no more, nor the backup codes. Raises `Conflict` where it is the last factor of somebody who must
    have one, `NotFound`.
    """
    if not totp.has_app(person.user_id):
        raise NotFound
    totp.forget_app(person.user_id)
    backup_codes.forget_backup_codes(person.user_id)
    _keep_one(person)
    _note(person, "second-factor.remove", "app", lambda: _("Codes of an app are not asked for any more."))


def renew_codes(person: SignedIn) -> list[str]:
    """New backup codes, for the only time; the old ones open nothing. Opens transactions of its own."""
    codes = backup_codes.make_backup_codes()
    hashed = backup_codes.hash_backup_codes(codes)
    with _own_transaction(person):
        backup_codes.replace_backup_codes(person.user_id, hashed)
        _note(person, "second-factor.codes", "backup codes", lambda: _("New backup codes were made."))
    return codes


def add_passkey(site: Site, person: SignedIn, answer: str, challenge: bytes, name: str) -> str:
    """Keeps a passkey; answers its name. Raises `Refused`. Opens transactions of its own."""
    with _own_transaction(person):
        is_first = not has_second_factor(person.user_id)
        made = passkeys.add_passkey(site, person.user_id, answer, challenge, name).name
        if is_first:
            end_sessions(person.user_id, spare=person.session_id)
        _note(person, "second-factor.add", f"passkey {made}", lambda: _("A passkey was made: %(name)s.", name=made))
    return made


def remove_passkey(person: SignedIn, passkey_id: int) -> str:
    """It opens nothing any more; answers its name. Raises `NotFound`, and `Conflict` as `remove_app` does."""
    key = passkeys.find_passkey(person.user_id, passkey_id)
    name = key.name
    db.session.delete(key)
    db.session.flush()
    _keep_one(person)
    _note(person, "second-factor.remove", f"passkey {name}", lambda: _("A passkey was removed: %(name)s.", name=name))
    return name


def _keep_one(person: SignedIn) -> None:
    """After the removal, which is undone by what this raises."""
    if must_have_second_factor(person) and not has_second_factor(person.user_id):
        raise Conflict(_("Your sign-in must have a second factor: set up another one before you remove this."))


def _own_transaction(person: SignedIn) -> AbstractContextManager[Session]:
    return transaction(person.account.id if person.account is not None else None)


def _note(person: SignedIn, action: str, subject: str, words: Callable[[], str]) -> None:
    audit(action, f"{person.email}: {subject}")
    user = db.session.get_one(User, person.user_id)
    with speaking(user.locale):
        text = words()
    tell_of_second_factor(user, text)
