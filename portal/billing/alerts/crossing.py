"""The moments in which a threshold is crossed: an alert opens or ends, and the account's administrators get mail."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from sqlalchemy import update

from portal.accounts.admins import Notice, admins_of
from portal.billing.alerts.words import mail_about
from portal.billing.models.alert import MoneyAlert, MoneyAlertKind
from portal.billing.models.ledger import AccountBalance
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.i18n import speaking
from portal.kernel.mail.outbox import is_mail_set, send_mail
from portal.kernel.tenancy import current_account_id

_STEADY_DAYS = 1
"""So many days more than the threshold end an alert: a pace that wavers tells nobody twice."""


class Watched(Protocol):
    """A balance, and the sum below which the account is told."""

    balance: Decimal
    warn_below: Decimal | None
    is_low: bool


def watch_balance(balance: Watched | AccountBalance) -> None:
    """After each change of the balance, which is locked; whoever holds it writes `is_low` down."""
    is_low = balance.warn_below is not None and balance.balance < balance.warn_below
    if is_low == balance.is_low:
        return
    balance.is_low = is_low
    _tell(MoneyAlertKind.LOW, balance.balance, has_begun=is_low)


def watch_pace(balance: AccountBalance, days_left: int | None) -> None:
    """From time to time, and after a change of the thresholds; the balance is locked."""
    limit = balance.warn_days
    if limit is None or days_left is None:
        is_short = False
    else:
        is_short = days_left <= (limit + _STEADY_DAYS if balance.is_short else limit)
    if is_short == balance.is_short:
        return
    balance.is_short = is_short
    _tell(MoneyAlertKind.SHORT, balance.balance, has_begun=is_short)


def _tell(kind: MoneyAlertKind, amount: Decimal, *, has_begun: bool) -> None:
    announce("alerts-changed")
    if not has_begun:
        is_open = (MoneyAlert.kind == kind, MoneyAlert.ended_at.is_(None))
        db.session.execute(update(MoneyAlert).where(*is_open).values(ended_at=now()))
        return
    db.session.add(MoneyAlert(kind=kind, balance=amount, at=now()))
    if not is_mail_set():
        return
    for admin in admins_of(current_account_id(), Notice.MONEY):
        with speaking(admin.locale):
            send_mail(admin.email, *mail_about(kind, amount))
