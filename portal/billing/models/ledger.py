"""The ledger, and what is kept beside it so that no page has to read it whole."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.appendonly import APPEND_ONLY
from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.money import ZERO
from portal.kernel.tenancy import AccountOwned, BigId, owned

NOT_A_CALL = text("kind <> 'call'")
"""Said by a query in these words, it finds the few payments among the many calls by an index of their own."""
_IS_CORRECTION = text("corrects is not null")


class EntryKind(StrEnum):
    """What a posting is."""

    PAYMENT = "payment"
    CALL = "call"
    FEE = "fee"
    CORRECTION = "correction"


class LedgerEntry(AccountOwned, Model):
    """A posting: never changed, never deleted but with its whole account; the database itself refuses.

    `source` makes it happen once: a call's id, a payment's number, a month. `balance_after` is the account's balance
    after it: entries of one account are posted one after another.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        *owned(
            UniqueConstraint("account_id", "kind", "source"),
            Index("ix_ledger_entry_account_id_at_id", "account_id", "at", "id"),
            Index(
                "ix_ledger_entry_other_kinds",
                "account_id",
                "kind",
                "at",
                "id",
                sqlite_where=NOT_A_CALL,
                postgresql_where=NOT_A_CALL,
            ),
            Index(
                "ix_ledger_entry_account_id_corrects",
                "account_id",
                "corrects",
                sqlite_where=_IS_CORRECTION,
                postgresql_where=_IS_CORRECTION,
            ),
        ),
        {"info": APPEND_ONLY},
    )

    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id", ondelete="CASCADE"), sort_order=-1)
    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[EntryKind] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(80))
    amount: Mapped[Decimal]
    balance_after: Mapped[Decimal]
    included: Mapped[Decimal] = mapped_column(default=ZERO)
    """What the month's included amount covered besides; of a correction, how that changed."""
    corrects: Mapped[str | None] = mapped_column(String(80))
    """The call (`source` of its posting) whose charge this corrects."""
    text: Mapped[str] = mapped_column(String(300), default="")
    rating: Mapped[dict[str, Any] | None]
    """The rate that made it, in full: price lists change, this does not."""


class AccountBalance(AccountOwned, Model):
    """The sum of an account's postings, kept with each of them in one transaction; locked while one is posted."""

    __tablename__ = "account_balance"
    __table_args__ = owned(UniqueConstraint("account_id"))

    balance: Mapped[Decimal]
    fees_through: Mapped[date | None]
    """First day of the last month whose fee was seen to."""
    warn_below: Mapped[Decimal | None]
    """The account's people are told when the balance falls below."""
    warn_days: Mapped[int | None]
    """They are told when the balance lasts for so many days or fewer."""
    is_low: Mapped[bool] = mapped_column(default=False)
    is_short: Mapped[bool] = mapped_column(default=False)


class IncludedUse(AccountOwned, Model):
    """How much of a local month's included amount its calls have used up."""

    __tablename__ = "included_use"
    __table_args__ = owned(UniqueConstraint("account_id", "month"))

    month: Mapped[date]
    used: Mapped[Decimal]


class LedgerDay(AccountOwned, Model):
    """What was posted on a local day, by kind: pace and months are read from here, never from the ledger itself."""

    __tablename__ = "ledger_day"
    __table_args__ = owned(UniqueConstraint("account_id", "day", "kind"))

    day: Mapped[date]
    kind: Mapped[EntryKind] = mapped_column(String(16))
    amount: Mapped[Decimal]
    included: Mapped[Decimal] = mapped_column(default=ZERO)
    count: Mapped[int]
