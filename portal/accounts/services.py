"""Opening accounts and naming the people who may enter them."""

from __future__ import annotations

import re

from sqlalchemy import select

from portal.accounts import passwords, sessions
from portal.accounts.api_keys import issue_api_key
from portal.accounts.audit import audit
from portal.accounts.company.moving import checked_zone
from portal.accounts.events import AccountOpened
from portal.accounts.models import Account, Membership, User
from portal.accounts.roles import Role
from portal.kernel import events
from portal.kernel.db import db, transaction
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault

_CURRENCY = re.compile(r"[A-Z]{3}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def open_account(vault: Vault, name: str, *, time_zone: str = "Europe/Moscow", currency: str = "RUB") -> int:
    """A new account with its key and whatever the rooms above give it; answers its id. Commits by itself."""
    name = name.strip()[:200]
    if not name:
        raise Refused(_("Give the account a name."), "name")
    if not _CURRENCY.fullmatch(currency):
        raise Refused(_("A currency is three capital letters, such as RUB."), "currency")
    time_zone = checked_zone(time_zone)
    with transaction() as session:
        account = Account(name=name, time_zone=time_zone, billing_zone=time_zone, currency=currency)
        session.add(account)
        session.flush()
        account_id = account.id
    with transaction(account_id) as session:
        issue_api_key(vault)
        entered = session.get_one(Account, account_id)
        events.publish(AccountOpened(entered))
        audit("account.open", entered.name)
    return account_id


def add_user(email: str, name: str, password: str, *, is_operator: bool = False) -> User:
    """A person who can sign in. Raises `Conflict` for an e-mail that is taken."""
    return add_hashed_user(
        email, name, passwords.hash_new_password(password, about=(email, name)), is_operator=is_operator
    )


def add_hashed_user(email: str, name: str, hashed: str, *, is_operator: bool = False) -> User:
    """The same for a password that was hashed before: that takes long, and must not hold the database."""
    email = checked_email(email)
    if db.session.scalar(select(User.id).where(User.email == email)) is not None:
        raise Conflict(_("There is a user with this e-mail already."))
    user = User(email=email, name=name.strip()[:200], password_hash=hashed, is_operator=is_operator)
    db.session.add(user)
    db.session.flush()
    audit("user.add", email, after={"is_operator": is_operator})
    return user


def checked_email(text: str) -> str:
    """The address as it is kept. Raises `Refused`."""
    email = text.strip().casefold()
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise Refused(_("This is not an e-mail address."), "email")
    return email


def add_member(account_id: int, email: str, role: Role) -> None:
    """Gives a person a role in an account, or changes it. Raises `NotFound`."""
    find_account(account_id)
    user = find_user(email)
    membership = db.session.get(Membership, (user.id, account_id))
    if membership is None:
        db.session.add(Membership(user_id=user.id, account_id=account_id, role=role))
    else:
        membership.role = role
    audit("user.role", email, after={"account": account_id, "role": role.value})


def set_password(email: str, password: str) -> None:
    """A new password; every session of the person ends."""
    user = find_user(email)
    user.password_hash = passwords.hash_new_password(password, about=(user.email, user.name))
    sessions.end_sessions(user.id)
    audit("user.password", user.email)


def disable_user(email: str, *, is_disabled: bool = True) -> None:
    """The person is out at the next request and cannot sign in, until enabled again."""
    user = find_user(email)
    user.is_disabled = is_disabled
    if is_disabled:
        sessions.end_sessions(user.id)
    audit("user.disable" if is_disabled else "user.enable", user.email)


def block_account(account_id: int, *, is_blocked: bool = True) -> None:
    """A blocked account places no outgoing calls; its incoming calls go on."""
    account = find_account(account_id)
    account.is_blocked = is_blocked
    audit("account.block" if is_blocked else "account.unblock", account.name, account_id=account_id)


def find_account(account_id: int) -> Account:
    """The account with this number. Raises `NotFound`."""
    account = db.session.get(Account, account_id)
    if account is None:
        raise NotFound(_("There is no account %(id)s.", id=account_id))
    return account


def find_user(email: str) -> User:
    """The person with this e-mail. Raises `NotFound`."""
    user = db.session.scalar(select(User).where(User.email == email.strip().casefold()))
    if user is None:
        raise NotFound(_("There is no user with the e-mail %(email)s.", email=email))
    return user
