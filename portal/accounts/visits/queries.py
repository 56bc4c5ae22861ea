"""Whose place an operator may take in an account."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from portal.accounts.models import Membership, User
from portal.accounts.roles import Role
from portal.kernel.db import db


def administrators_to_visit(account_ids: Collection[int]) -> dict[int, int]:
    """Of each account an administrator who may come in, as account and user; an account without one is left out."""
    rows = db.session.execute(
        select(Membership.account_id, func.min(Membership.user_id))
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.account_id.in_(account_ids),
            Membership.role == Role.ADMIN,
            Membership.is_disabled.is_(False),
            User.is_disabled.is_(False),
        )
        .group_by(Membership.account_id)
    )
    return {account_id: user_id for account_id, user_id in rows}  # noqa: C416 -- a Row is no pair to the type checker
