"""Inviting somebody: a link that works once, within a week, until somebody takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from portal.accounts import passwords
from portal.accounts.audit import audit
from portal.accounts.models import Account, Membership, User
from portal.accounts.people.models import Invitation
from portal.accounts.roles import Role
from portal.accounts.services import add_hashed_user, checked_email
from portal.kernel.actor import Actor, current_actor, set_actor
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.errors import Conflict, NotFound, Refused, TooMany
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault, random_token
from portal.kernel.tenancy import current_account_id

LIFETIME = timedelta(days=7)
MOST_IN_AN_HOUR = 30
"""Of one account: a stolen session sends no flood of letters in the company's name."""


@dataclass(frozen=True, slots=True)
class Invited:
    """What a link's page may tell whoever holds it."""

    id: int
    account_id: int
    company: str
    email: str
    role: Role
    invited_by: str
    expires_at: datetime
    user_id: int | None
    """Whose e-mail this is already, if anybody's."""


def invite(vault: Vault, email: str, role: Role) -> tuple[Invitation, str]:
    """A new invitation, and its token for the only time; an earlier one of the same e-mail is void.

    Raises `Refused` for what is no e-mail or belongs to the account already, `TooMany`.
    """
    email = checked_email(email)
    member = select(Membership).join(User).filter(User.email == email, Membership.account.has(id=current_account_id()))
    if db.session.scalar(member) is not None:
        raise Refused(_("This person is in the list already."), "email")
    moment = now()
    made = select(func.count(Invitation.id)).where(Invitation.created_at > moment - timedelta(hours=1))
    if (db.session.scalar(made) or 0) >= MOST_IN_AN_HOUR:
        raise TooMany(_("Very many people were invited within this hour. Wait a little."), 600)
    open_ones = update(Invitation).where(
        Invitation.email == email, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
    )
    db.session.execute(open_ones.values(revoked_at=moment))
    token = random_token()
    row = Invitation(
        email=email,
        role=role,
        token_hash=vault.lookup_hash(token),
        created_by=current_actor().name,
        expires_at=moment + LIFETIME,
    )
    db.session.add(row)
    db.session.flush()
    audit("user.invite", email, after={"role": role.value})
    return row, token


def revoke_invitation(invitation_id: int) -> str:
    """Its link opens nothing from now on; answers the e-mail. Raises `NotFound`."""
    row = db.session.scalar(select(Invitation).where(Invitation.id == invitation_id))
    if row is None or not row.is_open:
        raise NotFound
    row.revoked_at = now()
    audit("user.uninvite", row.email)
    return row.email


def find_invited(vault: Vault, token: str) -> Invited:
    """What the link's page shows. Raises `NotFound` for unknown, used, revoked and expired ones alike."""
    with transaction(everything="invitation link", writes=False) as session:
        found = session.execute(
            select(Invitation, Account.name)
            .join(Account, Account.id == Invitation.account_id)
            .where(Invitation.token_hash.in_(vault.lookup_hashes(token)))
        ).one_or_none()
        if found is None or not found[0].is_open:
            raise NotFound(_("This invitation does not work any more. Ask for a new one."))
        row, company = found
        user_id = session.scalar(select(User.id).where(User.email == row.email))
        return Invited(
            row.id, row.account_id, company, row.email, Role(row.role), row.created_by, row.expires_at, user_id
        )


def join_as_new(vault: Vault, token: str, name: str, password: str) -> int:
    """Makes the person, who may then enter the account; answers the person's id. Opens transactions of its own.

    Raises `NotFound`, `Refused` naming the field, `Conflict` for an e-mail that has become somebody's meanwhile.
    """
    invited = find_invited(vault, token)
    if not name.strip():
        raise Refused(_("Enter your name."), "name")
    if invited.user_id is not None:
        raise Conflict(_("There is a user with this e-mail already."))
    hashed = passwords.hash_new_password(password, about=(invited.email, name, invited.company))
    with transaction(invited.account_id):
        user = add_hashed_user(invited.email, name, hashed)
        _accept(invited, user)
        return user.id


def join_as(vault: Vault, token: str, user_id: int) -> int:
    """Somebody who is signed in enters one more account; answers its id. Raises `NotFound` for anybody else's link."""
    invited = find_invited(vault, token)
    if invited.user_id != user_id:
        raise NotFound
    with transaction(invited.account_id) as session:
        _accept(invited, session.get_one(User, user_id))
    return invited.account_id


def _accept(invited: Invited, user: User) -> None:
    """Once: of two who press at the same moment, one waits and then finds the invitation used."""
    row = db.session.scalar(select(Invitation).where(Invitation.id == invited.id).with_for_update())
    if row is None or not row.is_open:
        raise NotFound(_("This invitation does not work any more. Ask for a new one."))
    row.accepted_at = now()
    set_actor(Actor(user.email, user.id, current_actor().address))
    if db.session.get(Membership, (user.id, invited.account_id)) is None:
        db.session.add(Membership(user_id=user.id, account_id=invited.account_id, role=invited.role))
    audit("user.join", user.email, after={"role": invited.role.value})
