"""Tables of money. Tariffs belong to the installation, the ledger and the balance to the account."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned


class Tariff(Model):
    """A price list of the operator: a monthly fee with an included amount, and rates."""

    __tablename__ = "tariff"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    monthly_fee: Mapped[Decimal]
    included: Mapped[Decimal]

    rates: Mapped[list[TariffRate]] = relationship(back_populates="tariff")


class TariffRate(Model):
    """A rate: the longest prefix of the number wins; an empty prefix stands for every number of the kind."""

    __tablename__ = "tariff_rate"
    __table_args__ = (UniqueConstraint("tariff_id", "kind", "prefix", "valid_from"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tariff_id: Mapped[int] = mapped_column(BigId, ForeignKey("tariff.id"))
    kind: Mapped[str] = mapped_column(String(16))
    prefix: Mapped[str] = mapped_column(String(15), default="")
    name: Mapped[str] = mapped_column(String(100))
    per_minute: Mapped[Decimal]
    step_seconds: Mapped[int] = mapped_column(default=60)
    free_seconds: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[datetime]

    tariff: Mapped[Tariff] = relationship(back_populates="rates")


class AccountPlan(AccountOwned, Model):
    """Which tariff an account has from a moment on."""

    __tablename__ = "account_plan"
    __table_args__ = owned(UniqueConstraint("account_id", "valid_from"))

    tariff_id: Mapped[int] = mapped_column(BigId, ForeignKey("tariff.id"))
    valid_from: Mapped[datetime] = mapped_column(default=now)

    tariff: Mapped[Tariff] = relationship()


class EntryKind(StrEnum):
    """What a posting is."""

    PAYMENT = "payment"
    CALL = "call"
    FEE = "fee"
    CORRECTION = "correction"


class LedgerEntry(AccountOwned, Model):
    """A posting: never changed, never deleted. `source` makes it happen once: a call's id, a payment's number.

    `balance_after` is the account's balance after it: entries of one account are posted one after another.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = owned(
        UniqueConstraint("account_id", "kind", "source"),
        Index("ix_ledger_entry_account_id_at_id", "account_id", "at", "id"),
    )

    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[EntryKind] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(64))
    amount: Mapped[Decimal]
    balance_after: Mapped[Decimal]
    text: Mapped[str] = mapped_column(String(300), default="")
    rating: Mapped[dict[str, Any] | None]


class AccountBalance(AccountOwned, Model):
    """The sum of an account's postings, kept with each of them in one transaction; locked while one is posted.

    `included_used` is how much of the tariff's included amount `included_month` (`2026-11`, local) has used up.
    """

    __tablename__ = "account_balance"
    __table_args__ = owned(UniqueConstraint("account_id"))

    balance: Mapped[Decimal]
    included_month: Mapped[str] = mapped_column(String(7), default="")
    included_used: Mapped[Decimal]


class LedgerDay(AccountOwned, Model):
    """What was posted on a local day, by kind: pace and months are read from here, never from the ledger itself."""

    __tablename__ = "ledger_day"
    __table_args__ = owned(UniqueConstraint("account_id", "day", "kind"))

    day: Mapped[date]
    kind: Mapped[EntryKind] = mapped_column(String(16))
    amount: Mapped[Decimal]
    count: Mapped[int]
