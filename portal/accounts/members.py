"""The people of the entered account, for rooms that hand them work."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.accounts.models import User
from portal.kernel.db import db
from portal.kernel.tenancy import current_account_id


def members() -> Sequence[User]:
    """Who may enter the account, by name."""
    return db.session.scalars(
        select(User)
        .where(User.memberships.any(account_id=current_account_id(), is_disabled=False), User.is_disabled.is_(False))
        .order_by(User.name, User.id)
    ).all()


def find_member(user_id: int) -> User | None:
    """One of them, or None for anybody else."""
    return next((user for user in members() if user.id == user_id), None)
