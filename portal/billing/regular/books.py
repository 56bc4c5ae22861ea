"""Whether the books agree: the balance, the sums of the days and the sum of the postings are one figure.

Where they are not, it shouts: a line of the log, a notice on every page of the operator's, mail to the operators.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import structlog
from flask import Flask
from sqlalchemy import func, select, update

from portal.accounts.admins import operators
from portal.accounts.models import Account
from portal.billing.models import AccountBalance, LedgerDay, LedgerEntry, LedgerFault
from portal.billing.regular.every_account import in_every_account
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import speaking
from portal.kernel.jobs import Periodic
from portal.kernel.mail.outbox import is_mail_set, send_mail
from portal.kernel.money import ZERO, exact
from portal.kernel.tenancy import current_account_id

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Books:
    """The same figure three times over. `posted` is None where only the days were added up."""

    kept: Decimal
    days: Decimal
    posted: Decimal | None

    @property
    def agree(self) -> bool:
        """Whether it is."""
        return self.kept == self.days and self.posted in (None, self.kept)


def read_books(*, whole: bool) -> Books:
    """The entered account's, as of one moment; `whole` reads every posting, otherwise a few rows per day."""
    sums = [
        select(func.sum(AccountBalance.balance)).scalar_subquery(),
        select(func.sum(LedgerDay.amount)).scalar_subquery(),
    ]
    if whole:
        sums.append(select(func.sum(LedgerEntry.amount)).scalar_subquery())
    kept, days, *posted = db.session.execute(select(*sums)).one()
    return Books(kept or ZERO, days or ZERO, (posted[0] or ZERO) if posted else None)


def check_books(*, whole: bool) -> Books:
    """Compares the entered account's books, and shouts when they begin to differ."""
    books = read_books(whole=whole)
    standing = LedgerFault.ended_at.is_(None)
    known = db.session.scalar(select(LedgerFault).where(standing).order_by(LedgerFault.id.desc()).limit(1))
    if books.agree:
        # What only the whole ledger showed wrong, only the whole ledger shows right.
        if known is not None and (whole or known.posted is None):
            db.session.execute(update(LedgerFault).where(standing).values(ended_at=now()))
        return books
    if known is None or (known.kept, known.days) != (books.kept, books.days):
        _shout(books)
    return books


def _shout(books: Books) -> None:
    account = db.session.get_one(Account, current_account_id())
    posted = "-" if books.posted is None else exact(books.posted)
    log.error("ledger_fault", account=account.id, kept=exact(books.kept), days=exact(books.days), posted=posted)
    db.session.execute(update(LedgerFault).where(LedgerFault.ended_at.is_(None)).values(ended_at=now()))
    db.session.add(LedgerFault(kept=books.kept, days=books.days, posted=books.posted))
    if not is_mail_set():
        return
    for operator in operators():
        with speaking(operator.locale):
            subject = _("The books of an account do not agree.")
            sums = _(
                "Balance %(kept)s, by days %(days)s, by postings %(posted)s.",
                kept=exact(books.kept),
                days=exact(books.days),
                posted=posted,
            )
            hint = _("Look closer with: portal ledger verify")
            send_mail(operator.email, subject, f"{subject}\n\n{account.id}: {account.name}\n{sums}\n\n{hint}\n")


def check_days(_app: Flask) -> None:
    """Every account, by the sums of its days."""
    in_every_account(lambda: check_books(whole=False), what="check_of_days")


def check_postings(_app: Flask) -> None:
    """Every account, by all its postings."""
    in_every_account(lambda: check_books(whole=True), what="check_of_postings")


DAYS_CHECK = Periodic("ledger-days", lambda: _("Check of the sums by day"), timedelta(hours=1), check_days)
POSTINGS_CHECK = Periodic("ledger-postings", lambda: _("Check of every posting"), timedelta(days=1), check_postings)
