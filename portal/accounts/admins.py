"""Who is to be told of what happens in an account."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select

from portal.accounts.models import Account, Membership, User
from portal.accounts.roles import Role
from portal.kernel.db import db


class Notice(StrEnum):
    """What administrators are told of by mail, unless they want none of it."""

    MONEY = "money"
    WEBHOOKS = "webhooks"


def admins_of(account_id: int, notice: Notice) -> Sequence[User]:
    """Its administrators who may still sign in and want to hear of this."""
    found = db.session.scalars(
        select(User)
        .join(Membership)
        .join(Account)
        .where(
            Account.id == account_id,
            Membership.role == Role.ADMIN,
            Membership.is_disabled.is_(False),
            User.is_disabled.is_(False),
        )
        .order_by(User.id)
    )
    return [user for user in found if notice not in (user.unwanted_mail or ())]


def operators() -> Sequence[User]:
    """Those who run the installation and may still sign in."""
    return db.session.scalars(
        select(User).where(User.is_operator.is_(True), User.is_disabled.is_(False)).order_by(User.id)
    ).all()
