"""The included amount of a month: calls use it up before they cost money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from portal.billing.models import IncludedUse
from portal.billing.plans import Standing, month_terms
from portal.kernel.db import db, upsert
from portal.kernel.money import ZERO


def included_left(month: date, later: Standing | None = None) -> Decimal:
    """What calls of the local month that begins on `month` may still cost before they cost money.

    `later`: see `month_terms`.
    """
    terms = month_terms(month, later)
    if terms is None or terms.included == ZERO:
        return ZERO
    return max(ZERO, terms.included - _used(month))


def take_included(month: date, amount: Decimal, later: Standing | None = None) -> Decimal:
    """How much of `amount` the month still covers; that much is used up. Called with the balance locked.

    `later`: see `month_terms`.
    """
    covered = min(amount, included_left(month, later))
    if covered > ZERO:
        _use(month, covered)
    return covered


def give_back_included(month: date, amount: Decimal) -> None:
    """Calls of the month may cost so much again: a correction found that they had cost less."""
    if amount > ZERO:
        _use(month, -amount)


def _used(month: date) -> Decimal:
    return db.session.scalar(select(IncludedUse.used).where(IncludedUse.month == month)) or ZERO


def _use(month: date, amount: Decimal) -> None:
    upsert(
        IncludedUse,
        {"month": month, "used": amount},
        key=["account_id", "month"],
        change={"used": IncludedUse.used + amount},
    )
