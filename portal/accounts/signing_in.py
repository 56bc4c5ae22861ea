"""Proving who one is: by a password and, where there is one, a second factor; or by a passkey, which is both."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import select

from portal.accounts import passwords
from portal.accounts.audit import audit
from portal.accounts.factors.having import has_second_factor
from portal.accounts.models import Account, Membership, User, UserSession
from portal.accounts.people.letters import tell_of_guesses, tell_of_new_place
from portal.accounts.sessions import find_pending, open_session
from portal.accounts.throttle import Attempt
from portal.kernel.actor import Actor, set_actor
from portal.kernel.db import db, transaction
from portal.kernel.errors import NotSignedIn, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault

log = structlog.get_logger(__name__)

FAILURES_TO_TELL = 5
"""Wrong passwords within the throttle's window, of which a person hears who then comes in."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody signs in: network, browser, and the address itself for the trail."""

    network: str
    user_agent: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The session's token; where the second factor is still to come, it opens only the page that asks for it."""

    token: str
    is_pending: bool


def sign_in(vault: Vault, email: str, password: str, place: Place) -> Step:
    """Checks the password and opens a session, or half of one.

    Raises `Refused` in the same words for an unknown name, a wrong password and a person who may not come in, `TooMany`
    for guessing. Opens transactions of its own: hashing must not hold the database.
    """
    email = email.strip().casefold()
    attempt = Attempt(vault, email, place.network)
    with transaction():
        attempt.begin()
        user = db.session.scalar(select(User).where(User.email == email))
        may_enter = user is not None and _may_enter(user)
    is_right = passwords.is_right(user.password_hash if user else None, password)
    if user is None or not may_enter or not is_right:
        log.info("sign_in_failed", user=user.id if user else None, network=place.network)
        raise Refused(_("The e-mail or the password is wrong."))
    with transaction():
        failed = attempt.succeeded()
        known = db.session.get_one(User, user.id)
        if failed >= FAILURES_TO_TELL:
            tell_of_guesses(known, failed)
        if passwords.is_outdated(known.password_hash):
            known.password_hash = passwords.hash_password(password)
        is_pending = has_second_factor(user.id)
        if is_pending:
            return Step(open_session(vault, known, place.network, place.user_agent, is_pending=True), is_pending=True)
    return Step(open_for(vault, user.id, place, by="password"), is_pending=False)


def finish_sign_in(vault: Vault, pending: str, place: Place, *, by: str) -> str:
    """The second factor has been proved: the half session ends and a whole one begins; answers its token. Raises
    `NotSignedIn` where the half one is over.
    """
    with transaction():
        row = find_pending(vault, pending)
        if row is None:
            raise NotSignedIn
        row.ended_at = row.last_seen_at
        user_id = row.user_id
    return open_for(vault, user_id, place, by=by)


def open_for(vault: Vault, user_id: int, place: Place, *, by: str) -> str:
    """A session of a person who has proved to be the person `by` what the trail shall say; answers its token. Raises
    `Refused` for somebody who may not come in.
    """
    with transaction(writes=False):
        may_enter = _may_enter(db.session.get_one(User, user_id))
        account_id = _first_account(user_id)
    if not may_enter:
        raise Refused(_("The e-mail or the password is wrong."))
    with transaction(account_id):
        user = db.session.get_one(User, user_id)
        set_actor(Actor(user.email, user.id, place.address))
        if _is_new_place(user_id, place):
            tell_of_new_place(user, place.user_agent, place.network)
        token = open_session(vault, user, place.network, place.user_agent)
        audit("user.sign-in", user.email, after={"by": by})
    log.info("signed_in", user=user_id, by=by, network=place.network)
    return token


def _may_enter(user: User) -> bool:
    """Whether the person may sign in at all: who was shut out of each account is answered like a stranger."""
    if user.is_disabled or user.is_operator:
        return not user.is_disabled
    belonged = select(Membership.account_id).where(Membership.user_id == user.id).limit(1)
    return _first_account(user.id) is not None or db.session.scalar(belonged) is None


def _first_account(user_id: int) -> int | None:
    return db.session.scalar(
        select(Account.id)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.user_id == user_id, Membership.is_disabled.is_(False))
        .order_by(Account.id)
        .limit(1)
    )


def _is_new_place(user_id: int, place: Place) -> bool:
    """Whether the person has signed in before, and never so from this network with this browser."""
    rows = select(UserSession.id).where(UserSession.user_id == user_id, UserSession.is_pending.is_(False)).limit(1)
    here = rows.where(UserSession.network == place.network, UserSession.user_agent == place.user_agent[:300])
    return db.session.scalar(rows) is not None and db.session.scalar(here) is None
