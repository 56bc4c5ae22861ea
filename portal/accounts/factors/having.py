"""Who has a second factor, and who must."""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app
from sqlalchemy import select

from portal.accounts.factors.models import Passkey, UserTotp
from portal.accounts.person import SignedIn
from portal.kernel.db import db


def has_second_factor(user_id: int) -> bool:
    """Whether a password alone does not let this person in."""
    return bool(with_second_factor([user_id]))


def with_second_factor(user_ids: Iterable[int]) -> set[int]:
    """Those of these people who have one."""
    ids = list(user_ids)
    apps = select(UserTotp.user_id).where(UserTotp.user_id.in_(ids), UserTotp.confirmed_at.is_not(None))
    keys = select(Passkey.user_id).where(Passkey.user_id.in_(ids))
    return set(db.session.scalars(apps)) | set(db.session.scalars(keys))


def must_have_second_factor(person: SignedIn) -> bool:
    """The operator, who sees every account, outside of the demo; and everybody of an account that asks for it."""
    if person.is_operator:
        return not current_app.extensions["portal.settings"].is_demo
    return person.account is not None and person.account.asks_second_factor
