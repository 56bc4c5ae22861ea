"""What the operator sees over all accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select

from portal.accounts.models import Account, Membership
from portal.billing.models import AccountBalance
from portal.kernel.db import db
from portal.kernel.money import ZERO


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as the operator's list shows it."""

    id: int
    name: str
    is_blocked: bool
    currency: str
    balance: Decimal
    people: int
    opened_at: datetime


def account_rows() -> Sequence[AccountRow]:
    """Every account by its number."""
    people = select(func.count()).where(Membership.account_id == Account.id).scalar_subquery()
    rows = db.session.execute(
        select(Account, AccountBalance.balance, people.label("people"))
        .outerjoin(AccountBalance, AccountBalance.account_id == Account.id)
        .order_by(Account.id)
    )
    return [
        AccountRow(
            a.id, a.name, a.is_blocked, a.currency, balance if balance is not None else ZERO, count, a.created_at
        )
        for a, balance, count in rows
    ]
