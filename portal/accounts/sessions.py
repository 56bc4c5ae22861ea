"""Signing in and out: sessions live in the database, the cookie carries only a token (ASVS 5.0, V7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from portal.accounts.models import Membership, User, UserSession
from portal.accounts.person import SignedIn, Visitor
from portal.accounts.roles import Role
from portal.accounts.visits.models import OperatorVisit
from portal.accounts.visits.services import find_visit
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.errors import NotFound
from portal.kernel.readiness import reason
from portal.kernel.secrets import Vault, random_token

log = structlog.get_logger(__name__)

IDLE_LIMIT = timedelta(hours=8)
"""A working day without a click. Live streams do not count as clicks."""
ABSOLUTE_LIMIT = timedelta(days=7)
MAX_SESSIONS = 10
"""Of one person at once; the oldest ends."""
PENDING_LIMIT = timedelta(minutes=10)
"""How long the second factor may take after the password."""
_SEEN_STEP = timedelta(minutes=1)
# Built once: each request asks it.
_BY_TOKEN = (
    select(UserSession)
    .where(
        UserSession.token_hash == bindparam("token_hash"),
        UserSession.ended_at.is_(None),
        UserSession.is_pending == bindparam("is_pending"),
    )
    .options(joinedload(UserSession.user), joinedload(UserSession.membership).joinedload(Membership.account))
)


def open_session(vault: Vault, user: User, network: str, user_agent: str, *, is_pending: bool = False) -> str:
    """A session of a person whose identity has been proved, or half of it (`is_pending`); answers its token."""
    token = random_token()
    moment = now()
    open_ones = db.session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user.id, UserSession.ended_at.is_(None), UserSession.is_pending.is_(False))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    ).all()
    for surplus in () if is_pending else open_ones[MAX_SESSIONS - 1 :]:
        surplus.ended_at = moment
    first = db.session.scalar(
        select(Membership.account_id)
        .where(Membership.user_id == user.id, Membership.is_disabled.is_(False))
        .order_by(Membership.account_id)
        .limit(1)
    )
    db.session.add(
        UserSession(
            token_hash=vault.lookup_hash(token),
            user_id=user.id,
            account_id=first,
            network=network,
            user_agent=user_agent[:300],
            is_pending=is_pending,
        )
    )
    if not is_pending:
        _note_in_account(user.id, first, moment)
    return token


def find_signed_in(vault: Vault, token: str) -> SignedIn | None:
    """The person behind a session's token, or None when it has ended, expired, or the person is disabled."""
    moment = now()
    row = _find(vault, token, is_pending=False)
    if row is None or moment - row.last_seen_at > IDLE_LIMIT or moment - row.created_at > ABSOLUTE_LIMIT:
        return None
    visit = find_visit(row.id) if row.user.is_operator else None
    if visit is not None:
        return _visiting(token, row, visit)
    membership = row.membership
    if membership is not None and membership.is_disabled:
        return None
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
        seen_at=row.last_seen_at,
        proved_at=row.proved_at,
    )


def _visiting(token: str, row: UserSession, visit: OperatorVisit) -> SignedIn:
    """The operator, in the stead of one of an account's people."""
    membership = db.session.get_one(Membership, (visit.user_id, visit.account_id))
    return SignedIn(
        token=token,
        session_id=row.id,
        user_id=visit.user_id,
        name=visit.user.name,
        email=visit.user.email,
        locale=row.user.locale,
        theme=row.user.theme,
        account=visit.account,
        role=Role(membership.role),
        is_operator=False,
        proved_at=row.proved_at,
        seen_at=row.last_seen_at,
        visitor=Visitor(row.user_id, row.user.name, row.user.email, visit.until),
    )


def find_pending(vault: Vault, token: str) -> UserSession | None:
    """A session that waits for the second factor, or None when it has taken too long or is over."""
    row = _find(vault, token, is_pending=True)
    return row if row is not None and now() - row.created_at <= PENDING_LIMIT else None


def _find(vault: Vault, token: str, *, is_pending: bool) -> UserSession | None:
    row = db.session.scalar(_BY_TOKEN, {"token_hash": vault.lookup_hash(token), "is_pending": is_pending})
    return row if row is not None and not row.user.is_disabled else None


def renew_token(vault: Vault, session_id: int) -> str:
    """The session goes on under a new token, which answers: the person has just proved to be the person."""
    token = random_token()
    row = db.session.get_one(UserSession, session_id)
    row.token_hash, row.proved_at = vault.lookup_hash(token), now()
    return token


def note_seen(person: SignedIn, *, is_writing: bool) -> None:
    """Notes a click, at most once a minute; a reading page does it in a transaction of its own."""
    if now() - person.seen_at < _SEEN_STEP:
        return
    if is_writing:
        _note(person.session_id)
        return
    try:
        with transaction():
            _note(person.session_id)
    except OperationalError as error:
        # A full disk or a database that somebody holds keeps nobody from reading.
        log.warning("session_not_noted", reason=reason(error))


def _note(session_id: int) -> None:
    moment = now()
    row = db.session.get(UserSession, session_id)
    if row is None:
        return
    row.last_seen_at = moment
    _note_in_account(row.user_id, row.account_id, moment)


def _note_in_account(user_id: int, account_id: int | None, moment: datetime) -> None:
    rows = update(Membership).where(Membership.user_id == user_id)
    db.session.execute(rows.filter_by(account_id=account_id).values(last_seen_at=moment))


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
            UserSession.is_pending.is_(False),
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


def end_sessions(user_id: int, *, spare: int | None = None) -> None:
    """Ends every session of a person, but for the one to `spare`."""
    for row in db.session.scalars(
        select(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    ):
        if row.id != spare:
            row.ended_at = now()


def enter_account(session_id: int, user_id: int, account_id: int) -> None:
    """Changes the account that a session looks at. Raises `NotFound` where the person is no member."""
    membership = db.session.get(Membership, (user_id, account_id))
    if membership is None or membership.is_disabled:
        raise NotFound
    row = db.session.get(UserSession, session_id)
    if row is not None:
        row.account_id = account_id
