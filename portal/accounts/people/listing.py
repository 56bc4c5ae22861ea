"""Who belongs to the entered account, and who is asked to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import joinedload

from portal.accounts.factors.having import with_second_factor
from portal.accounts.models import Membership, User
from portal.accounts.people.models import Invitation
from portal.accounts.roles import Role
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.tenancy import current_account_id


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of the account as its list shows one."""

    user_id: int
    name: str
    email: str
    role: Role
    is_disabled: bool
    last_seen_at: datetime | None
    """In this account."""
    has_second_factor: bool


def people() -> Sequence[PersonRow]:
    """Everybody of the account by name, those who may not come in any more last."""
    rows = db.session.scalars(_memberships()).all()
    safe = with_second_factor(row.user_id for row in rows)
    found = [_row(row, is_safe=row.user_id in safe) for row in rows]
    return sorted(found, key=lambda row: (row.is_disabled, row.name.casefold(), row.user_id))


def find_person(user_id: int) -> PersonRow:
    """One of them. Raises `NotFound` for anybody else."""
    return _row(find_membership(user_id), is_safe=user_id in with_second_factor([user_id]))


def find_membership(user_id: int) -> Membership:
    """The row itself. Raises `NotFound`."""
    found = db.session.scalar(_memberships().where(Membership.user_id == user_id))
    if found is None:
        raise NotFound
    return found


def open_invitations() -> Sequence[Invitation]:
    """Links that still open, the latest first."""
    return db.session.scalars(
        select(Invitation)
        .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now())
        .order_by(Invitation.id.desc())
    ).all()


def is_of_this_account_alone(user_id: int) -> bool:
    """Whether the person has nothing to do with any other account, nor runs the installation."""
    elsewhere = exists().where(Membership.user_id == user_id, Membership.account_id != current_account_id())
    return db.session.scalar(select(User.id).where(User.id == user_id, ~elsewhere, ~User.is_operator)) is not None


def _memberships() -> Select[Membership]:
    return select(Membership).filter_by(account_id=current_account_id()).options(joinedload(Membership.user))


def _row(row: Membership, *, is_safe: bool) -> PersonRow:
    user = row.user
    is_disabled = row.is_disabled or user.is_disabled
    return PersonRow(user.id, user.name, user.email, Role(row.role), is_disabled, row.last_seen_at, is_safe)
