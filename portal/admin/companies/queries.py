"""What the operator sees over all accounts, and of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select

from portal.accounts.models import Account, Membership
from portal.billing.models import AccountBalance
from portal.kernel.db import db
from portal.kernel.money import ZERO
from portal.kernel.paging import Cursor, NewestFirst, Page

PAGE = 50
_ORDER = NewestFirst(Account.created_at, Account.id)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as the operator's list shows it."""

    id: int
    name: str
    is_blocked: bool
    currency: str
    balance: Decimal
    people: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """Which accounts: part of a name or a number, and whether they work; nothing chooses all."""

    text: str = ""
    is_blocked: bool | None = None


def account_page(choice: AccountChoice, cursor: Cursor | None = None, limit: int = PAGE) -> Page[AccountRow]:
    """Accounts of the choice, the newest first."""
    people = (
        select(func.count())
        .where(Membership.account_id == Account.id, Membership.is_disabled.is_(False))
        .scalar_subquery()
    )
    query = select(Account, AccountBalance.balance, people.label("people")).outerjoin(
        AccountBalance, AccountBalance.account_id == Account.id
    )
    chosen: Select[Any] = _ORDER.ordered(_chosen(query, choice), cursor)
    found = db.session.execute(chosen.limit(limit + 1)).all()
    rows: Sequence[AccountRow] = [
        AccountRow(
            a.id, a.name, a.is_blocked, a.currency, balance if balance is not None else ZERO, count, a.created_at
        )
        for a, balance, count in found
    ]
    return _ORDER.page(rows, cursor, limit)


def _chosen(query: Select[Any], choice: AccountChoice) -> Select[Any]:
    if choice.is_blocked is not None:
        query = query.where(Account.is_blocked.is_(choice.is_blocked))
    if choice.text.isascii() and choice.text.isdigit() and len(choice.text) < 18:
        return query.where(Account.id == int(choice.text))
    return query.where(Account.name.icontains(choice.text, autoescape=True)) if choice.text else query


def balance_here() -> Decimal:
    """The entered account's."""
    return db.session.scalar(select(AccountBalance.balance)) or ZERO
