"""Who is to be told of what happens in an account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.accounts.models import Account, Membership, User
from portal.accounts.roles import Role
from portal.kernel.db import db


def admins_of(account_id: int) -> Sequence[User]:
    """Its administrators who may still sign in."""
    return db.session.scalars(
        select(User)
        .join(Membership)
        .join(Account)
        .where(Account.id == account_id, Membership.role == Role.ADMIN, User.is_disabled.is_(False))
        .order_by(User.id)
    ).all()


def operators() -> Sequence[User]:
    """Those who run the installation and may still sign in."""
    return db.session.scalars(
        select(User).where(User.is_operator.is_(True), User.is_disabled.is_(False)).order_by(User.id)
    ).all()
