"""Signing in and out: sessions live in the database, the cookie carries only a token (ASVS 5.0, V7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from portal.accounts import passwords
from portal.accounts.models import Account, Membership, User, UserSession
from portal.accounts.roles import OPERATOR_RIGHTS, RIGHTS, Role, role_label
from portal.accounts.throttle import Attempt
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.readiness import reason
from portal.kernel.secrets import Vault, random_token
from portal.web.access import Permission

log = structlog.get_logger(__name__)

IDLE_LIMIT = timedelta(hours=8)
"""A working day without a click. Live streams do not count as clicks."""
ABSOLUTE_LIMIT = timedelta(days=7)
MAX_SESSIONS = 10
"""Of one person at once; the oldest ends."""
_SEEN_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks: a person, the session, and the account and role that the session has entered."""

    token: str
    session_id: int
    user_id: int
    name: str
    email: str
    locale: str | None
    theme: str
    account: Account | None
    role: Role | None
    is_operator: bool

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie."""
        return self.token

    @property
    def role_label(self) -> str:
        """The role in the reader's language."""
        return role_label(self.role) if self.role is not None else _("Operator")

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this person may do here."""
        rights = RIGHTS[self.role] if self.role is not None else frozenset()
        return rights | OPERATOR_RIGHTS if self.is_operator else rights


def sign_in(vault: Vault, email: str, password: str, *, network: str, user_agent: str) -> str:
    """Checks the password and opens a session; answers its token.

    Raises `Refused` in the same words for an unknown name, a wrong password and a disabled person, `TooMany` for
    guessing. Opens transactions of its own: hashing must not hold the database.
    """
    email = email.strip().casefold()
    attempt = Attempt(vault, email, network)
    with transaction():
        attempt.begin()
        user = db.session.scalar(select(User).where(User.email == email))
    is_right = passwords.is_right(user.password_hash if user else None, password)
    if user is None or user.is_disabled or not is_right:
        raise Refused(_("The e-mail or the password is wrong."))
    with transaction():
        attempt.succeeded()
        known = db.session.get_one(User, user.id)
        if passwords.is_outdated(known.password_hash):
            known.password_hash = passwords.hash_password(password)
        return open_session(vault, known, network, user_agent)


def open_session(vault: Vault, user: User, network: str, user_agent: str) -> str:
    """A session of a person whose identity has been proved; answers its token."""
    token = random_token()
    moment = now()
    open_ones = db.session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    ).all()
    for surplus in open_ones[MAX_SESSIONS - 1 :]:
        surplus.ended_at = moment
    first = db.session.scalar(
        select(Membership.account_id).where(Membership.user_id == user.id).order_by(Membership.account_id).limit(1)
    )
    db.session.add(
        UserSession(
            token_hash=vault.lookup_hash(token),
            user_id=user.id,
            account_id=first,
            network=network,
            user_agent=user_agent[:300],
        )
    )
    return token


def find_signed_in(vault: Vault, token: str) -> SignedIn | None:
    """The person behind a session's token, or None when it has ended, expired, or the person is disabled."""
    moment = now()
    row = db.session.scalar(
        select(UserSession)
        .where(UserSession.token_hash == vault.lookup_hash(token), UserSession.ended_at.is_(None))
        .options(joinedload(UserSession.user))
    )
    if row is None or row.user.is_disabled:
        return None
    if moment - row.last_seen_at > IDLE_LIMIT or moment - row.created_at > ABSOLUTE_LIMIT:
        return None
    membership = db.session.get(Membership, (row.user_id, row.account_id)) if row.account_id is not None else None
    return SignedIn(
        token=token,
        session_id=row.id,
        user_id=row.user_id,
        name=row.user.name,
        email=row.user.email,
        locale=row.user.locale,
        theme=row.user.theme,
        account=membership.account if membership else None,
        role=Role(membership.role) if membership else None,
        is_operator=row.user.is_operator,
    )


def note_seen(session_id: int, *, is_writing: bool) -> None:
    """Notes a click, at most once a minute; a reading page does it in a transaction of its own."""
    row = db.session.get(UserSession, session_id)
    if row is None or now() - row.last_seen_at < _SEEN_STEP:
        return
    if is_writing:
        row.last_seen_at = now()
        return
    try:
        with transaction() as session:
            own = session.get(UserSession, session_id)
            if own is not None:
                own.last_seen_at = now()
    except OperationalError as error:
        # A full disk or a database that somebody holds keeps nobody from reading.
        log.warning("session_not_noted", reason=reason(error))


def sign_out(session_id: int) -> None:
    """Ends the session: a copied cookie is dead from now on."""
    row = db.session.get(UserSession, session_id)
    if row is not None:
        row.ended_at = now()


def open_sessions(user_id: int) -> Sequence[UserSession]:
    """A person's sessions that are open, the one used last first."""
    return db.session.scalars(
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.ended_at.is_(None),
            UserSession.last_seen_at > now() - IDLE_LIMIT,
            UserSession.created_at > now() - ABSOLUTE_LIMIT,
        )
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    ).all()


def end_own_session(user_id: int, session_id: int) -> None:
    """Ends one of a person's own sessions. Raises `NotFound` for anybody else's."""
    row = db.session.get(UserSession, session_id)
    if row is None or row.user_id != user_id or row.ended_at is not None:
        raise NotFound
    row.ended_at = now()


def change_password(vault: Vault, person: SignedIn, current: str, new: str) -> None:
    """A person's own new password; the other sessions end. Raises `Refused` naming the field, `TooMany` for guessing.

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
    hashed = passwords.hash_password(new)
    with transaction():
        db.session.get_one(User, person.user_id).password_hash = hashed
        end_sessions(person.user_id, spare=person.session_id)


def end_sessions(user_id: int, *, spare: int | None = None) -> None:
    """Ends every session of a person, but for the one to `spare`."""
    for row in db.session.scalars(
        select(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    ):
        if row.id != spare:
            row.ended_at = now()


def enter_account(session_id: int, user_id: int, account_id: int) -> None:
    """Changes the account that a session looks at. Raises `NotFound` where the person is no member."""
    if db.session.get(Membership, (user_id, account_id)) is None:
        raise NotFound
    row = db.session.get(UserSession, session_id)
    if row is not None:
        row.account_id = account_id


def set_preferences(user_id: int, *, locale: str | None = None, theme: str | None = None) -> None:
    """Keeps a person's language, theme, or both."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    if locale is not None:
        user.locale = locale
    if theme is not None:
        user.theme = theme
