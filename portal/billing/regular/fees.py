"""The monthly fee: posted once for each local month, soon after it has begun."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Flask

from portal.accounts.audit import audit
from portal.billing.ledger import local_day, lock_balance, post
from portal.billing.models import EntryKind
from portal.billing.plans import MonthTerms, month_terms, next_month
from portal.billing.regular.every_account import in_every_account
from portal.kernel.clock import now
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Periodic
from portal.kernel.money import ZERO


def post_fees() -> None:
    """Posts the entered account's fee of the present month, and of months that were left out meanwhile.

    A month without a tariff is looked at again: the fee is due when one has been given within the month.
    """
    balance = lock_balance()
    present = local_day(now()).replace(day=1)
    month = next_month(balance.fees_through) if balance.fees_through else present
    while month <= present:
        terms = month_terms(month)
        if terms is not None:
            _post_fee(month, terms)
            balance.fees_through = month
        elif month < present:
            balance.fees_through = month
        month = next_month(month)


def _post_fee(month: date, terms: MonthTerms) -> None:
    if terms.fee == ZERO:
        return
    source = f"{month:%Y-%m}"
    post(
        EntryKind.FEE,
        source,
        -terms.fee,
        text=terms.version.tariff_name,
        rating={
            "tariff": terms.version.tariff_name,
            "version": terms.version.id,
            "monthly_fee": str(terms.version.monthly_fee),
            "days": terms.days,
            "of_days": terms.of_days,
        },
    )
    audit("fee.post", source, after={"amount": str(terms.fee)})


def run(_app: Flask) -> None:
    """In every account."""
    in_every_account(post_fees, what="monthly_fee")


FEES = Periodic("monthly-fees", lambda: _("Monthly fees"), timedelta(hours=1), run)
